"""From minutes to hours, days and months, merging as time closes.

Each level takes over the *pending* rows of the finer one and marks them, in one transaction, so
that a reader who adds the pending rows of the finer levels is exact at every moment. Nothing here
waits for a drain or keeps one waiting: rows are additive, and what arrives meanwhile is pending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, groupby, starmap
from typing import Literal

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from . import dimensions, rows
from .copying import copy_in, copy_out
from .models import Slice

#: One fold or roll-up at a time; a second one finds nothing to do and leaves.
LOCK = 0x7765_6972_0002
#: Rows of minutes folded in one transaction, and slices: bounds its memory. The more, the more rows become one.
ROWS = 100_000
SLICES = 50
#: Requests whose buckets are merged in one transaction: bounds its memory, some ten rows each at the worst.
REQUESTS = 100_000
#: Rows per key that a bucket may get from the finer level before they are merged: each hour adds one to its
#: day and each day one to its month, and some are late.
ROWS_PER_KEY = 4

_COLUMNS = ", ".join(rows.COLUMNS)
_DIMENSIONS = [dimension.code for dimension in dimensions.ALL]


@dataclass(frozen=True, slots=True)
class Level:
    """A table of aggregates and the level that takes over its pending rows."""

    table: str
    unit: Literal["hour", "day"]
    coarser: str
    coarser_unit: Literal["day", "month"]


HOURS = Level("analytics_hour", "hour", "analytics_day", "day")
DAYS = Level("analytics_day", "day", "analytics_month", "month")


@dataclass(frozen=True, slots=True)
class Open:
    """A bucket with pending rows, and how many requests these count."""

    organisation: str
    bucket: datetime
    hits: int

    def goes_to(self, level: Level) -> tuple[str, datetime]:
        """The organisation and the coarser bucket that take the rows over."""
        return self.organisation, truncated(self.bucket, level.coarser_unit)


@dataclass(frozen=True, slots=True)
class Batch:
    """Buckets that are merged in one transaction, and the coarser bucket that takes them over."""

    organisation: str
    coarser: datetime
    buckets: Sequence[datetime]


@contextmanager
def only_one(*, snapshot: bool = False) -> Iterator[bool]:
    """A transaction that holds the lock of fold and roll-up; False when another one holds it.

    With ``snapshot`` all its statements see the database as it was at the first of them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if snapshot:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        yield bool(cursor.fetchone()[0])


def fold() -> int:
    """Add the minute rows of committed slices to the hours; the number of slices folded."""
    folded = 0
    while count := _fold_some():
        folded += count
    return folded


def _fold_some() -> int:
    with only_one() as alone:
        slices = _next_slices() if alone else []
        if slices:
            _add_to_hours(slices)
            Slice.objects.filter(id__in=[one.id for one in slices]).update(folded=True)
        return len(slices)


def _next_slices() -> list[Slice]:
    """The oldest slices that are not folded yet: one, and more while there is room."""
    waiting = list(Slice.objects.filter(folded=False).order_by("id")[:SLICES])
    filled = list(accumulate(one.minute_rows for one in waiting))
    return [one for one, rows_so_far in zip(waiting, filled, strict=True) if one is waiting[0] or rows_so_far <= ROWS]


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
    append("analytics_hour", rows.merged(rows.read(minutes)), pending=True)


def append(table: str, merged: pl.DataFrame, *, pending: bool) -> None:
    """Append rows to a level, in the order of their keys: what is read together lies together.

    Pending rows are read by dimension only, and do not stay for long.
    """
    order = rows.KEY[:3] if pending else rows.KEY
    flagged = merged.sort(order).select(*rows.COLUMNS, pending=pl.lit("t" if pending else "f"))
    copy_in(table, [*rows.COLUMNS, "pending"], rows.write(flagged))


def roll_up(now: datetime | None = None) -> int:
    """Merge closed hours into days and closed days into months; the number of buckets merged."""
    now = now or timezone.now()
    return sum(
        _settle(level, batch)
        for level in (HOURS, DAYS)
        for batch in _batches(level, _open_buckets(level, closed_before(level.unit, now)))
    )


def closed_before(unit: Literal["hour", "day"], now: datetime) -> datetime:
    """The start of the bucket that is still filling: everything before it is closed."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if unit == "hour" else hour.replace(hour=0)


def _open_buckets(level: Level, before: datetime) -> list[Open]:
    """Closed buckets that have pending rows: every request counts in the overall dimension."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT organisation, bucket, sum(hits)::bigint FROM {level.table}"
            " WHERE pending AND dimension = %s AND bucket < %s GROUP BY 1, 2 ORDER BY 1, 2",
            [dimensions.OVERALL.code, before],
        )
        return list(starmap(Open, cursor.fetchall()))


def _batches(level: Level, found: list[Open]) -> Iterator[Batch]:
    """What is merged together: some buckets of one organisation that go into one coarser bucket."""
    for (organisation, coarser), buckets in groupby(found, lambda one: one.goes_to(level)):
        batch, hits = list[datetime](), 0
        for one in buckets:
            if batch and hits + one.hits > REQUESTS:
                yield Batch(organisation, coarser, batch)
                batch, hits = [], 0
            batch, hits = [*batch, one.bucket], hits + one.hits
        yield Batch(organisation, coarser, batch)


def _settle(level: Level, batch: Batch) -> int:
    """Merge buckets to one row per key, and add what was pending to the coarser level."""
    with only_one() as alone:
        if not alone:
            return 0
        taken = take(level.table, batch.organisation, *batch.buckets)
        pending = taken.filter(pl.col("pending") == "t").with_columns(bucket=pl.lit(batch.coarser.isoformat()))
        append(level.coarser, rows.merged(pending), pending=level is HOURS)
        append(level.table, rows.merged(taken), pending=False)
    _thin_out(level, batch)
    return len(batch.buckets)


def _thin_out(level: Level, batch: Batch) -> None:
    """Merge a coarser bucket that has got several rows per key, each dimension for itself to bound the memory.

    The overall dimension, which tells whether that is needed, comes last.
    """
    state = "pending" if level is HOURS else "NOT pending"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) > %s FROM {level.coarser} WHERE {state} AND organisation = %s AND dimension = %s"
            " AND bucket = %s",
            [ROWS_PER_KEY, batch.organisation, dimensions.OVERALL.code, batch.coarser],
        )
        is_needed = cursor.fetchone()[0]
    for dimension in sorted(_DIMENSIONS, reverse=True) if is_needed else ():
        with only_one() as alone:
            if alone:
                taken = _take(level.coarser, batch.organisation, state, [batch.coarser], [dimension])
                append(level.coarser, rows.merged(taken), pending=level is HOURS)


def take(table: str, organisation: str, *buckets: datetime) -> pl.DataFrame:
    """Take the rows of some buckets out of a table.

    Rows that somebody appends meanwhile are not seen and stay.
    """
    # Pending and settled rows have an index each: a statement about both would read the whole table.
    return pl.concat([_take(table, organisation, state, buckets) for state in ("pending", "NOT pending")])


def _take(
    table: str, organisation: str, state: str, buckets: Sequence[datetime], only: Sequence[int] = _DIMENSIONS
) -> pl.DataFrame:
    taken = copy_out(
        f"DELETE FROM {table} WHERE {state} AND organisation = %s AND dimension = ANY(%s) AND bucket = ANY(%s)"
        f" RETURNING {_COLUMNS}, pending",
        [organisation, list(only), list(buckets)],
    )
    return rows.read(taken, (*rows.COLUMNS, "pending"))


def truncated(bucket: datetime, unit: Literal["day", "month"]) -> datetime:
    """The start of the day or month (UTC) of a time."""
    day = bucket.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if unit == "day" else day.replace(day=1)
