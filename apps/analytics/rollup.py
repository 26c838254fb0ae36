"""From minutes to hours, days and months, merging as time closes.

Each rollup takes over the *pending* rows of the finer one and marks them, in one transaction, so
that a reader who adds the pending rows of the finer levels is exact at every moment. Nothing here
waits for a drain or keeps one waiting: rows are additive, and what arrives meanwhile is pending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby, starmap

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from . import aggregate_rows, caps, dimensions
from .models import LedgerEntry, Slice
from .pg_copy import copy_in, copy_out, write_csv
from .queries.granularity import Level

#: The advisory lock of fold and roll-up: one at a time; a second one finds nothing to do and leaves.
ROLLUP_LOCK_ID = 0x7765_6972_0002
#: Rows of minutes folded in one transaction, and slices: bounds its memory. The more, the more rows become one.
MAX_ROWS = 100_000
MAX_SLICES = 50
#: Requests whose buckets are merged in one transaction: bounds its memory, some ten rows each at the worst.
MAX_REQUESTS = 100_000
#: Rows per key that a bucket may get from the finer level before they are merged: each hour adds one to its
#: day and each day one to its month, and some are late.
ROWS_PER_KEY = 4

_COLUMNS = ", ".join(aggregate_rows.COLUMNS)
_DIMENSIONS = [dimension.code for dimension in dimensions.ALL]


@dataclass(frozen=True, slots=True)
class Rollup:
    """A level of the aggregates, and the coarser one that takes over its pending rows."""

    fine: Level
    coarse: Level


HOURS_TO_DAYS = Rollup(Level.HOUR, Level.DAY)
DAYS_TO_MONTHS = Rollup(Level.DAY, Level.MONTH)


@dataclass(frozen=True, slots=True)
class OpenBucket:
    """A bucket with pending rows, and how many requests these count."""

    organisation: str
    bucket: datetime
    hits: int

    def goes_to(self, rollup: Rollup) -> tuple[str, datetime]:
        """The organisation and the coarser bucket that take the rows over."""
        return self.organisation, rollup.coarse.floor(self.bucket)


@dataclass(frozen=True, slots=True)
class BucketBatch:
    """Buckets that are merged in one transaction, and the coarser bucket that takes them over."""

    organisation: str
    coarser: datetime
    buckets: Sequence[datetime]


@contextmanager
def rollup_lock(*, snapshot: bool = False) -> Iterator[bool]:
    """A transaction that holds the lock of fold and roll-up; False when another one holds it.

    With ``snapshot`` all its statements see the database as it was at the first of them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if snapshot:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ROLLUP_LOCK_ID])
        yield bool(cursor.fetchone()[0])


def fold() -> int:
    """Add the minute rows of committed slices to the hours; the number of slices folded."""
    folded = 0
    while count := _fold_some():
        folded += count
    return folded


def _fold_some() -> int:
    with rollup_lock() as acquired:
        slices = _next_slices() if acquired else []
        if slices:
            _add_to_hours(slices)
            Slice.objects.filter(id__in=[one.id for one in slices]).update(folded=True)
        return len(slices)


def _next_slices() -> list[Slice]:
    """The oldest slices that are not folded yet: one, and more while there is room."""
    waiting = list(Slice.objects.filter(folded=False).order_by("id")[:MAX_SLICES])
    filled = list(accumulate(one.minute_rows for one in waiting))
    return [
        one for one, rows_so_far in zip(waiting, filled, strict=True) if one is waiting[0] or rows_so_far <= MAX_ROWS
    ]


def _add_to_hours(slices: list[Slice]) -> None:
    filled = [one for one in slices if one.first_bucket and one.last_bucket]
    if not filled:
        return
    columns = _COLUMNS.replace("bucket", "date_trunc('hour', bucket, 'UTC')", 1)
    # The bounds of time keep the planner out of the other partitions.
    minutes = copy_out(
        f"SELECT {columns} FROM analytics_minute WHERE slice = ANY(%s) AND bucket BETWEEN %s AND %s",
        [
            [one.id for one in filled],
            min(one.first_bucket for one in filled if one.first_bucket),
            max(one.last_bucket for one in filled if one.last_bucket),
        ],
    )
    merged = aggregate_rows.merge(aggregate_rows.read_csv(minutes))
    capped = caps.merge_capped(merged, caps.current_caps().values)
    _note_other_hits(merged, capped)
    append(Level.HOUR, capped, pending=True)


def _note_other_hits(before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Tell the ledger how many more requests rows of hours count under rare values than they did."""
    if after is before:
        return
    counts = [caps.other_hits(after), caps.other_hits(before).with_columns(-pl.col("count"))]
    changes = pl.concat(counts).group_by("organisation", "hour").agg(pl.col("count").sum())
    LedgerEntry.objects.bulk_create(
        LedgerEntry.of_other_hits(organisation, datetime.fromisoformat(hour), count)
        for organisation, hour, count in changes.filter(pl.col("count") != 0).iter_rows()
    )


def append(level: Level, merged: pl.DataFrame, *, pending: bool) -> None:
    """Append rows to a level, in the order of their keys: what is read together lies together.

    Pending rows are read by dimension only, and do not stay for long.
    """
    order = aggregate_rows.KEY_COLUMNS[:3] if pending else aggregate_rows.KEY_COLUMNS
    flagged = merged.sort(order).select(*aggregate_rows.COLUMNS, pending=pl.lit("t" if pending else "f"))
    copy_in(level.table, [*aggregate_rows.COLUMNS, "pending"], write_csv(flagged))


def roll_up(now: datetime | None = None) -> int:
    """Merge closed hours into days and closed days into months; the number of buckets merged."""
    now = now or timezone.now()
    return sum(
        _merge_batch(rollup, batch)
        for rollup in (HOURS_TO_DAYS, DAYS_TO_MONTHS)
        for batch in _batches(rollup, _open_buckets(rollup, rollup.fine.floor(now)))
    )


def _open_buckets(rollup: Rollup, before: datetime) -> list[OpenBucket]:
    """Closed buckets that have pending rows: every request counts in the overall dimension."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT organisation, bucket, sum(hits)::bigint FROM {rollup.fine.table}"
            " WHERE pending AND dimension = %s AND bucket < %s GROUP BY 1, 2 ORDER BY 1, 2",
            [dimensions.OVERALL.code, before],
        )
        return list(starmap(OpenBucket, cursor.fetchall()))


def _batches(rollup: Rollup, found: list[OpenBucket]) -> Iterator[BucketBatch]:
    """What is merged together: some buckets of one organisation that go into one coarser bucket."""
    for (organisation, coarser), buckets in groupby(found, lambda one: one.goes_to(rollup)):
        batch, hits = list[datetime](), 0
        for one in buckets:
            if batch and hits + one.hits > MAX_REQUESTS:
                yield BucketBatch(organisation, coarser, batch)
                batch, hits = [], 0
            batch, hits = [*batch, one.bucket], hits + one.hits
        yield BucketBatch(organisation, coarser, batch)


def _merge_batch(rollup: Rollup, batch: BucketBatch) -> int:
    """Merge buckets to one row per key, and add what was pending to the coarser level."""
    with rollup_lock() as acquired:
        if not acquired:
            return 0
        taken = pop_rows(rollup.fine, batch.organisation, *batch.buckets)
        if rollup is HOURS_TO_DAYS:
            taken = _capped(taken)
        pending = taken.filter(pl.col("pending") == "t").with_columns(bucket=pl.lit(batch.coarser.isoformat()))
        append(rollup.coarse, aggregate_rows.merge(pending), pending=rollup is HOURS_TO_DAYS)
        append(rollup.fine, aggregate_rows.merge(taken), pending=False)
    _compact(rollup, batch)
    return len(batch.buckets)


def _capped(hours: pl.DataFrame) -> pl.DataFrame:
    """Days take over what hours count, so an hour is brought under the cap before: a value is in both or in neither."""
    capped = caps.name_rare_other(hours, caps.current_caps().values)
    _note_other_hits(hours, capped)
    return capped


def _compact(rollup: Rollup, batch: BucketBatch) -> None:
    """Merge a coarser bucket that has got several rows per key, each dimension for itself to bound the memory.

    The overall dimension, which tells whether that is needed, comes last.
    """
    state = "pending" if rollup is HOURS_TO_DAYS else "NOT pending"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) > %s FROM {rollup.coarse.table} WHERE {state} AND organisation = %s AND dimension = %s"
            " AND bucket = %s",
            [ROWS_PER_KEY, batch.organisation, dimensions.OVERALL.code, batch.coarser],
        )
        is_needed = cursor.fetchone()[0]
    for dimension in sorted(_DIMENSIONS, reverse=True) if is_needed else ():
        with rollup_lock() as acquired:
            if acquired:
                taken = _pop_rows(rollup.coarse, batch.organisation, state, [batch.coarser], [dimension])
                append(rollup.coarse, aggregate_rows.merge(taken), pending=rollup is HOURS_TO_DAYS)


def pop_rows(level: Level, organisation: str, *buckets: datetime) -> pl.DataFrame:
    """Take the rows of some buckets out of a level.

    Rows that somebody appends meanwhile are not seen and stay.
    """
    # Pending and settled rows have an index each: a statement about both would read the whole table.
    return pl.concat([_pop_rows(level, organisation, state, buckets) for state in ("pending", "NOT pending")])


def _pop_rows(
    level: Level, organisation: str, state: str, buckets: Sequence[datetime], only: Sequence[int] = _DIMENSIONS
) -> pl.DataFrame:
    taken = copy_out(
        f"DELETE FROM {level.table} WHERE {state} AND organisation = %s AND dimension = ANY(%s) AND bucket = ANY(%s)"
        f" RETURNING {_COLUMNS}, pending",
        [organisation, list(only), list(buckets)],
    )
    return aggregate_rows.read_csv(taken, (*aggregate_rows.COLUMNS, "pending"))
