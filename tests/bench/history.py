"""A long history of traffic in the shape that pump and roll-up leave. Needs Django.

100 million requests a year: 50 APIs, 5,000 keys, 2,000 endpoints, few of each with most of the traffic.
The last days are requests, drawn by chance and counted by the code that counts in production: minutes by
slice, the last of them not folded; pending hours of this hour; settled hours; pending days of today.
All days before have the rows of the last ones, moved back: settled hours and days as long as each is kept,
and their months.

Hours and days of key by endpoint and of key by status are in the last days only: they would be two
rows out of three, all the time it takes to make a history, and pages read them for one key at a time, by
an index of their own. Their months are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl
from django.db import connection

from apps.analytics import aggregate_rows, aggregation, dimensions, partitions
from apps.analytics.pg_copy import copy_in, write_csv

from .requests import drawn, rate

ORGANISATION = "a" * 24
REQUESTS_A_YEAR = 100_000_000
#: Hours for which minutes are made.
MINUTE_HOURS = 26
CORES = 2
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Days of requests, besides today: what all time before is made of.
RECENT = 3 * DAY
#: Dimensions with tens of thousands of rows in an hour or a day.
VAST = (dimensions.KEY_ENDPOINT, dimensions.KEY_STATUS)

_COLUMNS = ", ".join(aggregate_rows.COLUMNS)
#: Settled rows of the last days, for themselves: found without an index.
_KEEP = """
CREATE UNLOGGED TABLE recent_{level} AS SELECT * FROM analytics_{level}
WHERE bucket >= %(start)s AND bucket < %(end)s AND NOT pending AND dimension <> ALL(%(without)s)
ORDER BY bucket, dimension, value, api, detail
"""
#: The same once more, some time before.
_AGAIN = """
INSERT INTO analytics_{level} ({columns}, pending) SELECT {moved}, false FROM recent_{level}
WHERE bucket - %(back)s >= %(first)s AND bucket - %(back)s < %(last)s
"""
_MOVED = _COLUMNS.replace("bucket", "bucket - %(back)s").replace("last_hit", "last_hit - %(back)s")


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
        hour = self.now.replace(minute=0)
        days = [self._day(self.today - age * DAY) for age in range(RECENT // DAY, 0, -1)]
        self._keep(days)
        self._months(self.today - RECENT, self.today)
        if hour > self.today:
            closed = aggregation.aggregate(*self._drawn(self.today, hour), every="1h")
            _append("analytics_hour", closed)
            _append("analytics_day", aggregate_rows.merge(_truncated(closed, "1d")), pending=True)
        if self.now - MINUTE > hour:
            filling = aggregation.aggregate(*self._drawn(hour, self.now - MINUTE), every="1h")
            _append("analytics_hour", filling, pending=True)
        for age in range(MINUTE_HOURS, -1, -1):
            self._minutes(hour - age * HOUR)

    def older(self, first: datetime, last: datetime) -> None:
        """Settled hours, days and months from one midnight to another, the last days again and again."""
        kept = datetime.combine(partitions.oldest(partitions.HOURS, self.now.date()), time(), UTC)
        parts = {"hour": max(first, kept), "day": first}
        copies = [
            (level, start, last, back * RECENT)
            for level, start in parts.items()
            for back in range((self.today - start) // RECENT + 1, 0, -1)
        ]
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(self._again, *zip(*copies, strict=True)))
        self._months(first, last)

    def _again(self, level: str, first: datetime, last: datetime, back: timedelta) -> None:
        """The rows of the last days once more, as far as they are between two moments then."""
        _execute(
            _AGAIN.format(level=level, columns=_COLUMNS, moved=_MOVED),
            back=back,
            first=first,
            last=last,
        )

    def _drawn(self, start: datetime, end: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
        return drawn(ORGANISATION, start, end, rate(end - start, REQUESTS_A_YEAR))

    def _day(self, start: datetime) -> pl.DataFrame:
        """One settled day, and its hours."""
        frame, tags = self._drawn(start, start + DAY)
        _append("analytics_hour", aggregation.aggregate(frame, tags, every="1h"))
        day = aggregation.aggregate(frame, tags, every="1d")
        _append("analytics_day", day)
        return day

    def _keep(self, days: list[pl.DataFrame]) -> None:
        """What older time is made of: hours, days, and a month of such days."""
        without = [one.code for one in VAST]
        for level in ("hour", "day"):
            _execute(_KEEP.format(level=level), start=self.today - RECENT, end=self.today, without=without)
        together = aggregate_rows.merge(pl.concat(days).with_columns(bucket=pl.lit(self.today)))
        _execute("CREATE UNLOGGED TABLE recent_month AS SELECT * FROM analytics_month LIMIT 0")
        _append("recent_month", aggregate_rows.merge(pl.concat([together] * (30 // len(days)))))

    def _months(self, first: datetime, last: datetime) -> None:
        """The settled months that begin between two moments."""
        moved = _COLUMNS.replace("bucket", "start").replace("last_hit", "last_hit - (%(today)s - start)")
        _execute(
            f"INSERT INTO analytics_month ({_COLUMNS}, pending) SELECT {moved}, false FROM recent_month CROSS JOIN"
            " generate_series(date_trunc('month', %(first)s, 'UTC'), %(last)s, interval '1 month') start"
            " WHERE start >= %(first)s AND start < %(last)s",
            first=first,
            last=last,
            today=self.today,
        )

    def _minutes(self, start: datetime) -> None:
        """One hour of minutes; a slice has ten seconds, and those of the last minute are not folded."""
        end = min(start + HOUR, self.now)
        found = aggregation.aggregate(*self._drawn(start, end), every="10s")
        number = pl.col("bucket").dt.epoch("s") // 10
        frame = found.with_columns(slice=number, bucket=pl.col("bucket").dt.truncate("1m"))
        copy_in("analytics_minute", [*aggregate_rows.COLUMNS, "slice"], write_csv(frame))
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


def _truncated(frame: pl.DataFrame, every: str) -> pl.DataFrame:
    return frame.with_columns(pl.col("bucket").dt.truncate(every))


def _append(table: str, frame: pl.DataFrame, *, pending: bool = False) -> None:
    # Settled rows lie in the order of their keys.
    flagged = (frame if pending else frame.sort(aggregate_rows.KEY_COLUMNS)).with_columns(
        pending=pl.lit("t" if pending else "f")
    )
    copy_in(table, [*aggregate_rows.COLUMNS, "pending"], write_csv(flagged))


def _execute(statement: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


ALL = ("analytics_minute", "analytics_hour", "analytics_day", "analytics_month")


@contextmanager
def loading(*tables: str) -> Iterator[None]:
    """Tables without log and indexes while they are filled; then indexed, and vacuumed and analysed with the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relpersistence = 'p'"
            " AND (c.oid = ANY(%(tables)s::regclass[]) OR i.inhparent = ANY(%(tables)s::regclass[]))",
            {"tables": list(tables)},
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} SET UNLOGGED")
        cursor.execute(
            "SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[])",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        # Hours are the most by far, and nobody waits for theirs to be vacuumed.
        cursor.execute("ANALYZE analytics_hour")
        cursor.execute("VACUUM ANALYZE analytics_minute, analytics_day, analytics_month, analytics_slice")
