"""Closed hours reconciled with their raw records, and counted again when they differ.

What is compared, per API: requests, successes, errors and the sum of latencies. The ledger says
which hours to look at: new ones, and those that got late records since their last comparison.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from . import aggregate_rows, aggregation, caps, dimensions, partitions
from .models import ClosedHour, LedgerEntry, Slice
from .pg_copy import copy_out
from .queries.granularity import Level
from .rollup import append, pop_rows, rollup_lock

log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
#: Tags are read as JSON: they may hold any sign that would separate them in a text.
_TAGS = pl.List(pl.String)

# Very long API ids are cut in the aggregates, but not within their first 200 characters. Settled and pending rows
# have an index each.
_SUMS = """
WITH found AS (
    SELECT left(api_id, 200) AS api, count(*) AS hits, count(*) FILTER (WHERE status BETWEEN 200 AND 299) AS successes,
           count(*) FILTER (WHERE status >= 400) AS errors, sum(latency) AS latency
    FROM analytics_record
    WHERE organisation = %(organisation)s AND timestamp >= %(start)s AND timestamp < %(end)s AND status <> -1
    GROUP BY 1
), counted AS (
    SELECT left(api, 200) AS api, sum(hits) AS hits, sum(successes) AS successes, sum(errors) AS errors,
           sum(latency) AS latency
    FROM (
        SELECT api, hits, successes, errors, latency FROM analytics_hour
        WHERE NOT pending AND organisation = %(organisation)s AND dimension = %(total)s AND bucket = %(start)s
        UNION ALL
        SELECT api, hits, successes, errors, latency FROM analytics_hour
        WHERE pending AND organisation = %(organisation)s AND dimension = %(total)s AND bucket = %(start)s
        UNION ALL
        SELECT api, hits, successes, errors, latency FROM analytics_minute
        WHERE dimension = %(total)s AND organisation = %(organisation)s
          AND bucket >= %(start)s AND bucket < %(end)s
          AND slice IN (SELECT id FROM analytics_slice WHERE NOT folded)
    ) AS all_parts GROUP BY 1
)
SELECT coalesce(sum(found.hits), 0), coalesce(sum(counted.hits), 0),
       coalesce(bool_and((found.hits, found.successes, found.errors, found.latency)
           IS NOT DISTINCT FROM (counted.hits, counted.successes, counted.errors, counted.latency)), true)
FROM found FULL JOIN counted USING (api)
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one organisation, and its stored records by the ledger."""

    organisation: str
    start: datetime
    stored: int

    @property
    def end(self) -> datetime:
        """The start of the next hour."""
        return self.start + _HOUR


@dataclass(frozen=True, slots=True)
class Comparison:
    """Requests by the raw records and by the aggregates, and whether all sums agree for all APIs."""

    records: int
    hits: int
    agrees: bool


def reconcile_closed_hours(now: datetime | None = None) -> int:
    """Reconcile the closed hours that need it, and repair those that differ; the number of repairs."""
    now = now or timezone.now()
    return sum(_reconcile(hour) for hour in list(unreconciled_hours(now)))


def unreconciled_hours(now: datetime) -> Iterator[Hour]:
    """Closed hours whose raw records are kept and whose comparison is missing or older than a late record."""
    oldest = partitions.oldest(partitions.RECORDS, now.astimezone(UTC).date())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.organisation, l.hour, sum(l.stored)::bigint FROM analytics_ledgerentry l"
            " LEFT JOIN analytics_closedhour c ON c.organisation = l.organisation AND c.hour = l.hour"
            " WHERE l.hour >= %s AND l.hour < %s GROUP BY l.organisation, l.hour, c.ledger"
            " HAVING sum(l.stored) <> coalesce(c.ledger, 0) ORDER BY l.hour, l.organisation",
            [oldest, Level.HOUR.floor(now)],
        )
        for organisation, hour, stored in cursor.fetchall():
            yield Hour(organisation, hour, stored)


def _reconcile(hour: Hour) -> bool:
    comparison = compare(hour)
    repaired = not comparison.agrees and repair(hour)
    if not comparison.agrees:
        log.warning(
            "Aggregates of %s at %s said %d requests, raw records %d: %s",
            *(hour.organisation, hour.start.isoformat(), comparison.hits, comparison.records),
            "counted again" if repaired else "left for the next round",
        )
    if comparison.agrees or repaired:
        _save(hour, comparison, repaired=repaired)
    return repaired


def _save(hour: Hour, comparison: Comparison, *, repaired: bool) -> None:
    result = {
        "ledger": hour.stored,
        "records": comparison.records,
        "hits": comparison.hits,
        "proved_at": timezone.now(),
    }
    if repaired:
        result["repaired_at"] = timezone.now()
    ClosedHour.objects.update_or_create(organisation=hour.organisation, hour=hour.start, defaults=result)


def compare(hour: Hour) -> Comparison:
    """Raw records against aggregates, in one statement and so at one moment."""
    values: dict[str, str | int | datetime] = {
        "organisation": hour.organisation,
        "start": hour.start,
        "end": hour.end,
        "total": dimensions.TOTAL.code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, values)
        return Comparison(*cursor.fetchone())


def repair(hour: Hour) -> bool:
    """Count an hour again from its raw records, and the day and month above it from their parts.

    False when it cannot be done now, because minutes of the hour are still to be folded or the
    roll-up is at work. The settings of today decide about untracked paths and ignored tags.
    """
    with rollup_lock(snapshot=True) as acquired:
        if not acquired or _unfolded(hour):
            return False
        pop_rows(Level.HOUR, hour.organisation, hour.start)
        counted = recount(hour)
        append(Level.HOUR, counted, pending=False)
        _correct_other_hits(hour, counted)
        _rebuild(hour)
    return True


def _correct_other_hits(hour: Hour, counted: pl.DataFrame) -> None:
    """Let the ledger say what the rows of an hour count under rare values, whatever was there before."""
    entries = LedgerEntry.objects.filter(organisation=hour.organisation, hour=hour.start)
    said = entries.aggregate(sum=Sum("other_hits", default=0))["sum"]
    found = int(caps.other_hits(counted)["count"].sum())
    if found != said:
        LedgerEntry.of_other_hits(hour.organisation, hour.start, found - said).save()


def _unfolded(hour: Hour) -> bool:
    return Slice.objects.filter(folded=False, first_bucket__lt=hour.end, last_bucket__gte=hour.start).exists()


def _rebuild(hour: Hour) -> None:
    """Days and months hold the settled rows of the level below; a day that still fills is no part of a month."""
    day = Level.DAY.floor(hour.start)
    fills = day >= Level.DAY.floor(timezone.now())
    _rebuild_bucket(Level.HOUR, Level.DAY, hour.organisation, day, pending=fills)
    if not fills:
        _rebuild_bucket(Level.DAY, Level.MONTH, hour.organisation, Level.MONTH.floor(day), pending=False)


def _rebuild_bucket(fine: Level, coarse: Level, organisation: str, start: datetime, *, pending: bool) -> None:
    pop_rows(coarse, organisation, start)
    settled = aggregate_rows.read_csv(
        copy_out(
            f"SELECT {', '.join(aggregate_rows.COLUMNS)} FROM {fine.table} WHERE organisation = %s AND NOT pending"
            " AND dimension = ANY(%s) AND bucket >= %s AND bucket < %s",
            [organisation, [dimension.code for dimension in dimensions.ALL], start, coarse.next(start)],
        )
    )
    append(coarse, aggregate_rows.merge(settled.with_columns(bucket=pl.lit(start.isoformat()))), pending=pending)


def recount(hour: Hour) -> pl.DataFrame:
    """The aggregate rows of an hour from its raw records, minute by minute to bound the memory."""
    starts = (hour.start + timedelta(minutes=minute) for minute in range(60))
    minutes = [_count(records) for start in starts if (records := _records(hour.organisation, start)).height]
    if not minutes:
        return aggregate_rows.EMPTY
    return caps.merge_capped(aggregate_rows.merge(pl.concat(minutes)), caps.current_caps().values)


def _count(records: pl.DataFrame) -> pl.DataFrame:
    # No minute can say what is rare in its hour.
    limits = replace(caps.current_caps(), values=records.height * caps.current_caps().tags)
    tags = records.select("row", tag=pl.col("tags").str.json_decode(_TAGS)).explode("tag")
    countable = aggregation.countable_tags(tags, settings.PUMP_IGNORE_TAG_PREFIX_LIST, limits)
    return aggregation.aggregate(records, countable, caps=limits, every="1h", all_paths=settings.PUMP_TRACK_ALL_PATHS)


def _records(organisation: str, start: datetime) -> pl.DataFrame:
    """The raw records of one minute, as far as they are counted."""
    texts = ", ".join(aggregation.LABEL_FIELDS)
    raw = copy_out(
        f"SELECT {texts}, (extract(epoch FROM timestamp) * 1000000)::bigint, status, request_time, latency,"
        " upstream_latency, tracked, to_json(tags) FROM analytics_record"
        " WHERE organisation = %s AND timestamp >= %s AND timestamp < %s",
        [organisation, start, start + timedelta(minutes=1)],
    )
    return _read(raw)


def _read(csv: BytesIO) -> pl.DataFrame:
    numbers = ("timestamp", "status", "request_time", "latency", "upstream_latency")
    schema = dict.fromkeys(aggregation.LABEL_FIELDS, pl.String) | dict.fromkeys(numbers, pl.Int64)
    schema |= {"tracked": pl.String, "tags": pl.String}
    if csv.getbuffer():
        records = pl.read_csv(csv, has_header=False, schema=schema, empty_string_is_null=False)
    else:
        records = pl.DataFrame(schema=schema)
    return records.with_columns(
        pl.col("timestamp").cast(pl.Datetime("us")), tracked=pl.col("tracked") == "t"
    ).with_row_index("row")
