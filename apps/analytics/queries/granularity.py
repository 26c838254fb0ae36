"""Which level of the aggregates covers which part of a range. Pure.

A range is covered by the coarsest buckets that lie in it whole, its edges by finer ones. How fine an
edge can be is a matter of what is still kept there: minutes for some days, hours for some months, days
for some years, months for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from django.conf import settings
from django.utils import timezone

from apps.analytics import partitions

from .types import Window


class Level(IntEnum):
    """A level of the aggregates, from fine to coarse. Buckets are of UTC."""

    MINUTE = 0
    HOUR = 1
    DAY = 2
    MONTH = 3

    @property
    def table(self) -> str:
        """The level's table."""
        return f"analytics_{self.name.lower()}"

    def floor(self, moment: datetime) -> datetime:
        """The start of the bucket that holds a moment."""
        start = moment.astimezone(UTC).replace(second=0, microsecond=0)
        if self >= Level.HOUR:
            start = start.replace(minute=0)
        if self >= Level.DAY:
            start = start.replace(hour=0)
        return start.replace(day=1) if self is Level.MONTH else start

    def next(self, start: datetime) -> datetime:
        """The start of the bucket after the one that begins at ``start``."""
        if self is Level.MONTH:
            return (start + timedelta(days=32)).replace(day=1)
        return start + LENGTHS[self]

    def ceil(self, moment: datetime) -> datetime:
        """The first start of a bucket at or after a moment."""
        start = self.floor(moment)
        return start if start == moment else self.next(start)

    def nearest(self, moment: datetime) -> datetime:
        """The start of a bucket that is nearest to a moment."""
        before, after = self.floor(moment), self.ceil(moment)
        return before if moment - before < after - moment else after


#: A month has a few rows for each of its keys, and each day one.
MANY_DAYS = timedelta(days=7)
LENGTHS = {Level.MINUTE: timedelta(minutes=1), Level.HOUR: timedelta(hours=1), Level.DAY: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a range and the level that covers it."""

    level: Level
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """From when on each level is kept: midnights, and for days the start of a month (UTC)."""

    minutes: datetime
    hours: datetime
    days: datetime

    def finest(self, moment: datetime) -> Level:
        """The finest level that is kept at a moment."""
        limits = ((Level.MINUTE, self.minutes), (Level.HOUR, self.hours), (Level.DAY, self.days))
        return next((level for level, limit in limits if moment >= limit), Level.MONTH)

    def bounds(self, window: Window) -> tuple[datetime, datetime]:
        """The range that answers for a window: outward to the minute, and before that to the hour.

        Where not even hours are kept an edge goes to the nearest day or month, and outward only if that
        would leave nothing: a person's month in Berlin is that of UTC then, and not that plus a day.
        """
        first, last = self.finest(window.start), self.finest(window.end)
        start = first.floor(window.start) if first <= Level.HOUR else first.nearest(window.start)
        end = last.ceil(window.end) if last <= Level.HOUR else last.nearest(window.end)
        return (start, end) if start < end else (first.floor(window.start), last.ceil(window.end))

    def within(self, moment: datetime) -> datetime:
        """Where a day that begins at a moment of some zone is told from the day before it.

        That is a start of an hour, also in zones of half an hour's offset, where hours are kept, and a
        start of a day or month where they are not.
        """
        return max(Level.HOUR, self.finest(moment)).nearest(moment)


def kept(now: datetime | None = None) -> Kept:
    """What the settings say is kept today."""
    midnight = Level.DAY.floor(now or timezone.now())
    return Kept(
        minutes=_midnight(partitions.oldest(partitions.MINUTES, midnight.date())),
        hours=_midnight(partitions.oldest(partitions.HOURS, midnight.date())),
        days=Level.MONTH.ceil(midnight - timedelta(days=settings.ANALYTICS_DAY_YEARS * 365)),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def cover(edges: Sequence[datetime]) -> list[Segment]:
    """Segments that cover the ranges between the edges, in order.

    No bucket of a segment lies across an edge, so rows of any segment belong to one range.
    """
    return list(_cover(tuple(edges)))


@lru_cache(maxsize=16)  # several parts of a statement cover the same
def _cover(edges: tuple[datetime, ...]) -> tuple[Segment, ...]:
    pieces = (piece for start, end in pairwise(edges) for piece in _covered(start, end, _coarsest(end - start)))
    return tuple(joined(pieces))


def _coarsest(length: timedelta) -> Level:
    """The coarsest level of which a bucket can lie in a range."""
    if length >= timedelta(days=28):
        return Level.MONTH
    return next((level for level in (Level.DAY, Level.HOUR) if length >= LENGTHS[level]), Level.MINUTE)


def _covered(start: datetime, end: datetime, level: Level) -> Iterator[Segment]:
    if start >= end:
        return
    first, last = level.ceil(start), level.floor(end)
    if first < last:
        yield from _covered(start, first, Level(max(level - 1, 0)))
        yield Segment(level, first, last)
        yield from _covered(last, end, Level(max(level - 1, 0)))
    elif level is not Level.MINUTE:
        yield from _covered(start, end, Level(level - 1))


def unfinished(edges: Sequence[datetime], now: datetime | None = None) -> Segment | None:
    """The month that the last range goes on in until now or later, when its first days alone are in it.

    Nothing but requests stamped later than now keeps the whole month from answering for those days; ``None``
    when they are too few to gain by that.
    """
    end = edges[-1]
    start = Level.MONTH.floor(end)
    if end < (now or timezone.now()) or end - start < MANY_DAYS or edges[-2] > start:
        return None
    return Segment(Level.MONTH, start, Level.MONTH.next(start))


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """Neighbours of one level as one segment."""
    result: list[Segment] = []
    for segment in segments:
        follows = bool(result) and (result[-1].level, result[-1].end) == (segment.level, segment.start)
        start = result.pop().start if follows else segment.start
        result.append(Segment(segment.level, start, segment.end))
    return result
