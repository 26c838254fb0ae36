"""From minutes to hours, days and months, merging as time closes.

Each level takes over the *pending* rows of the finer one and marks them, in one transaction, so
that a reader who adds the pending rows of the finer levels is exact at every moment. Nothing here
waits for a drain or keeps one waiting: rows are additive, and what arrives meanwhile is pending.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from . import dimensions, rows
from .copying import copy_in, copy_out
from .models import Slice

#: One fold or roll-up at a time; a second one finds nothing to do and leaves.
LOCK = 0x7765_6972_0002
#: Slices folded in one transaction: bounds its memory, some 30,000 rows a slice at the worst.
SLICES = 4

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
        slices = list(Slice.objects.filter(folded=False).order_by("id")[:SLICES]) if alone else []
        if slices:
            _add_to_hours(slices)
            Slice.objects.filter(id__in=[one.id for one in slices]).update(folded=True)
        return len(slices)


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
    """Append rows to a level."""
    flagged = merged.select(*rows.COLUMNS, pending=pl.lit("t" if pending else "f"))
    copy_in(table, [*rows.COLUMNS, "pending"], rows.write(flagged))


def roll_up(now: datetime | None = None) -> int:
    """Merge closed hours into days and closed days into months; the number of buckets merged."""
    now = now or timezone.now()
    return sum(
        _settle(level, organisation, bucket)
        for level in (HOURS, DAYS)
        for organisation, bucket in list(_open_buckets(level, closed_before(level.unit, now)))
    )


def closed_before(unit: Literal["hour", "day"], now: datetime) -> datetime:
    """The start of the bucket that is still filling: everything before it is closed."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if unit == "hour" else hour.replace(hour=0)


def _open_buckets(level: Level, before: datetime) -> Iterator[tuple[str, datetime]]:
    """Closed buckets that have pending rows: every request counts in the overall dimension."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT organisation, bucket FROM {level.table}"
            " WHERE pending AND dimension = %s AND bucket < %s ORDER BY bucket, organisation",
            [dimensions.OVERALL.code, before],
        )
        yield from cursor.fetchall()


def _settle(level: Level, organisation: str, bucket: datetime) -> int:
    """Merge one bucket to one row per key, and add what was pending to the coarser level."""
    with only_one() as alone:
        if not alone:
            return 0
        taken = take(level.table, organisation, bucket)
        pending = rows.merged(taken.filter(pl.col("pending") == "t"))
        coarser = truncated(bucket, level.coarser_unit)
        append(level.coarser, pending.with_columns(bucket=pl.lit(coarser.isoformat())), pending=level is HOURS)
        append(level.table, rows.merged(taken), pending=False)
    return 1


def take(table: str, organisation: str, bucket: datetime, until: datetime | None = None) -> pl.DataFrame:
    """Take the rows of one bucket, or of all from ``bucket`` to ``until``, out of a table.

    Rows that somebody appends meanwhile are not seen and stay.
    """
    taken = copy_out(
        f"DELETE FROM {table} WHERE organisation = %s AND dimension = ANY(%s) AND bucket >= %s AND bucket < %s"
        f" RETURNING {_COLUMNS}, pending",
        [organisation, _DIMENSIONS, bucket, until or bucket + timedelta(microseconds=1)],
    )
    return rows.read(taken, (*rows.COLUMNS, "pending"))


def truncated(bucket: datetime, unit: Literal["day", "month"]) -> datetime:
    """The start of the day or month (UTC) of a time."""
    day = bucket.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if unit == "day" else day.replace(day=1)
