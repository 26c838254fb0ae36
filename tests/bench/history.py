"""A long history of traffic in the shape that pump and roll-up leave. Needs Django.

100 million requests a year: 50 APIs, 5,000 keys, 2,000 endpoints, few APIs with most of it. The
recent days are requests, drawn by chance and counted by the code that counts in production: minutes
by slice, the last of them not folded; pending hours of this hour; settled hours; pending days of
today. What is older is written by SQL: settled hours, days and months, as long as each is kept.

Two things are left out because they take most of the time to make and no page reads them: older hours
of the dimensions that have thousands of values, and older days of those that have tens of thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl
from django.db import connection

from apps.analytics import counting, dimensions, partitions, rows
from apps.analytics.copying import copy_in

from .requests import APIS, CODES, COUNTRIES, ENDPOINTS, KEYS, SHARES, api_id, drawn, key_id, method_of, path_of, rate

ORGANISATION = "a" * 24
REQUESTS_A_YEAR = 100_000_000
#: Days of requests, besides today.
RECENT_DAYS = 8
#: Hours for which minutes are made.
MINUTE_HOURS = 26
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

#: Dimensions by the number of their values.
TENS_OF_THOUSANDS = (dimensions.KEY_ENDPOINT, dimensions.KEY_STATUS)
THOUSANDS = (dimensions.ENDPOINT, dimensions.KEY)
FEW = tuple(one for one in dimensions.ALL if one not in (*THOUSANDS, *TENS_OF_THOUSANDS))

# One row for each entity and bucket: its share of the requests, and by chance one more.
_ROWS = """
INSERT INTO analytics_{level} ({columns}, pending)
SELECT %(organisation)s, bucket, dimension, api, value, detail, name, hits, hits - failed - hits / 50, failed,
       hits * 41, hits * 41, hits * 37, 4, 200 + hits %% 197, 3, 190 + hits %% 197, bucket + %(every)s * 0.99,
       histogram.text, false
FROM generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 second', %(every)s) bucket
CROSS JOIN entity
CROSS JOIN LATERAL (SELECT abs(hashint8(entity.number * 100003 + extract(epoch FROM bucket)::bigint / 3600))
                           / 2147483648.0 AS chance) drawn
CROSS JOIN LATERAL (SELECT floor(share * %(rate)s * (0.8 + 0.4 * chance) + chance)::bigint AS hits) counted
CROSS JOIN LATERAL (SELECT round(hits * errors)::bigint AS failed) told
JOIN histogram ON histogram.number = least(hits, 40)
WHERE dimension = ANY(%(dimensions)s) AND hits > 0
"""
_COLUMNS = ", ".join(rows.COLUMNS)


@dataclass(frozen=True)
class History:
    """Traffic until a moment, a full minute."""

    now: datetime

    @property
    def today(self) -> datetime:
        """Midnight, UTC."""
        return self.now.replace(hour=0, minute=0)

    def recent(self) -> None:
        """The last days, and today up to now."""
        _make_entities()
        hour = self.now.replace(minute=0)
        for age in range(RECENT_DAYS, 0, -1):
            day = self.today - age * DAY
            frame, tags = self._drawn(day, day + DAY)
            _append("hour", counting.aggregates(frame, tags, every="1h"))
            _append("day", counting.aggregates(frame, tags, every="1d"))
            _append("month", counting.aggregates(frame, tags, every="1mo"))
        closed = counting.aggregates(*self._drawn(self.today, hour), every="1h")
        _append("hour", closed)
        _append("day", _truncated(closed, "1d"), pending=True)
        _append("hour", _truncated(counting.aggregates(*self._drawn(hour, self.now - MINUTE)), "1h"), pending=True)
        for age in range(MINUTE_HOURS, -1, -1):
            self._minutes(hour - age * HOUR)

    def older(self, first: datetime, last: datetime) -> None:
        """Settled hours, days and months from one midnight to another."""
        hours = datetime.combine(partitions.oldest(partitions.HOURS, self.now.date()), time(), UTC)
        self._write("hour", max(first, hours), last, HOUR, FEW)
        self._write("day", first, last, DAY, (*FEW, *THOUSANDS))
        start = first.replace(day=1)
        while start < last:
            end = (start + 32 * DAY).replace(day=1)
            self._write("month", start, start + HOUR, end - start, dimensions.ALL)
            start = end

    def _drawn(self, start: datetime, end: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
        return drawn(ORGANISATION, start, end, rate(end - start, REQUESTS_A_YEAR))

    def _minutes(self, start: datetime) -> None:
        """One hour of minutes; a slice has ten seconds, and those of the last minute are not folded."""
        end = min(start + HOUR, self.now)
        found = counting.aggregates(*self._drawn(start, end), every="10s")
        number = pl.col("bucket").dt.epoch("s") // 10
        frame = found.with_columns(slice=number, bucket=pl.col("bucket").dt.truncate("1m"))
        copy_in("analytics_minute", [*rows.COLUMNS, "slice"], rows.write(frame))
        _execute(
            "INSERT INTO analytics_slice (id, claim, start, stop, source, received, stored, duplicates, rejected,"
            " filtered, first_bucket, last_bucket, last_record, committed_at, folded)"
            " SELECT extract(epoch FROM at)::bigint / 10, 'bench', extract(epoch FROM at), 0, 'list', 32, 32, 0, 0, 0,"
            " date_trunc('minute', at), date_trunc('minute', at), at, at + interval '10 seconds', at < %(folded)s"
            " FROM generate_series(%(start)s::timestamptz, %(end)s - interval '1 second', interval '10 seconds') at",
            start=start,
            end=end,
            folded=self.now - MINUTE,
        )

    def _write(
        self, level: str, start: datetime, end: datetime, every: timedelta, which: Sequence[dimensions.Dimension]
    ) -> None:
        _execute(
            _ROWS.format(level=level, columns=_COLUMNS),
            organisation=ORGANISATION,
            start=start,
            end=end,
            every=every,
            rate=rate(every, REQUESTS_A_YEAR),
            dimensions=[one.code for one in which],
        )


def _truncated(frame: pl.DataFrame, every: str) -> pl.DataFrame:
    return frame.with_columns(pl.col("bucket").dt.truncate(every))


def _append(level: str, frame: pl.DataFrame, *, pending: bool = False) -> None:
    flagged = frame.with_columns(pending=pl.lit("t" if pending else "f"))
    copy_in(f"analytics_{level}", [*rows.COLUMNS, "pending"], rows.write(flagged))


def _make_entities() -> None:
    """Temporary tables: whatever is counted, with its share of the requests; and texts like real histograms."""
    _execute(
        "CREATE TEMP TABLE entity (number bigserial, dimension int, api text, value text, detail text, name text,"
        " share float, errors float);"
        "CREATE TEMP TABLE histogram AS SELECT number, (SELECT string_agg((15 + m) || ':' ||"
        " (1 + number * number / 9 / (1 + abs(m - number / 2))), ' ') FROM generate_series(1, number) m) AS text"
        " FROM generate_series(1, 40) number"
    )
    frame = pl.DataFrame(list(_entities()), orient="row")
    copy_in("entity", "dimension api value detail name share errors".split(), rows.write(frame))
    _execute("ANALYZE entity, histogram")


#: Dimension, API, value, detail, name, share of the requests, share of errors among them.
Entity = tuple[int, str, str, str, str, float, float]


def _entities() -> Iterator[Entity]:
    failing = sum(share for code, share in CODES.items() if code >= 400)
    d = dimensions
    yield d.OVERALL.code, "", "", "", "", 1.0, failing
    for number in range(APIS):
        api, share = api_id(number), SHARES[number] / sum(SHARES)
        yield d.TOTAL.code, api, "", "", f"API {number}", share, failing
        for version, part in (("v1", 0.7), ("v2", 0.3)):
            yield d.VERSION.code, api, version, "", "", share * part, failing
        for code, part in CODES.items():
            yield d.STATUS.code, api, str(code), "", "", share * part, float(code >= 400)
        for country, part in COUNTRIES.items():
            yield d.COUNTRY.code, api, country, "", "", share * part, failing
        for plan in (0, 1):
            yield d.TAG.code, api, f"plan-{plan}", "", "", share / 2, failing
        for m in range(ENDPOINTS // APIS):
            yield d.ENDPOINT.code, api, path_of(m), method_of(m), "", share * APIS / ENDPOINTS, failing
        if number % 3 == 0:
            yield d.OAUTH_CLIENT.code, api, f"client-{number}", "", "", share, failing
        yield from _entities_of_keys(number, share * APIS / KEYS, failing)


def _entities_of_keys(number: int, share: float, failing: float) -> Iterator[Entity]:
    api = api_id(number)
    for key in range(number, KEYS, APIS):
        yield dimensions.KEY.code, api, key_id(key), "", f"Customer {key}", share, failing
        for m in range(10):
            yield dimensions.KEY_ENDPOINT.code, api, key_id(key), path_of(m), "", share / 10, failing
        for code in (404, 500):
            yield dimensions.KEY_STATUS.code, api, key_id(key), str(code), "", share * CODES[code], 1.0


def _execute(statement: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


_TABLES = "'{analytics_minute, analytics_hour, analytics_day, analytics_month}'::regclass[]"


@contextmanager
def loading() -> Iterator[None]:
    """Tables without log and indexes while they are filled; then indexed, vacuumed and analysed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relpersistence = 'p'"
            f" AND (c.oid = ANY({_TABLES}) OR i.inhparent = ANY({_TABLES}))"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} SET UNLOGGED")
        cursor.execute(
            "SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index"
            f" WHERE indrelid = ANY({_TABLES})"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for table in ("minute", "hour", "day", "month", "slice"):
            cursor.execute(f"VACUUM ANALYZE analytics_{table}")
