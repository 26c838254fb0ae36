"""Which level of the aggregates covers which part of a range. Pure.

A range is covered by the coarsest buckets that lie in it whole, its edges by finer ones. How fine an
edge can be is a matter of what is still kept there: minutes for some days, hours for some months, days
for some years, months for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from django.utils import timezone

from .granularity import LEVEL_LENGTHS, Level

#: How long a month must have gone on to answer for its days: it has a few rows for each key, and each day one.
MIN_OPEN_MONTH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a range and the level that covers it."""

    level: Level
    start: datetime
    end: datetime


def cover(edges: Sequence[datetime]) -> list[Segment]:
    """Segments that cover the ranges between the edges, in order.

    No bucket of a segment lies across an edge, so rows of any segment belong to one range.
    """
    return list(_cover(tuple(edges)))


@lru_cache(maxsize=16)  # several parts of a statement cover the same
def _cover(edges: tuple[datetime, ...]) -> tuple[Segment, ...]:
    pieces = (piece for start, end in pairwise(edges) for piece in _covered(start, end, _coarsest(end - start)))
    return tuple(merge_adjacent(pieces))


def _coarsest(length: timedelta) -> Level:
    """The coarsest level of which a bucket can lie in a range."""
    if length >= timedelta(days=28):
        return Level.MONTH
    return next((level for level in (Level.DAY, Level.HOUR) if length >= LEVEL_LENGTHS[level]), Level.MINUTE)


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


def open_month(edges: Sequence[datetime], now: datetime | None = None) -> Segment | None:
    """The month that the last range goes on in until now or later, when its first days alone are in it.

    Nothing but requests stamped later than now keeps the whole month from answering for those days; ``None``
    when they are too few to gain by that.
    """
    end = edges[-1]
    start = Level.MONTH.floor(end)
    if end < (now or timezone.now()) or end - start < MIN_OPEN_MONTH or edges[-2] > start:
        return None
    return Segment(Level.MONTH, start, Level.MONTH.next(start))


def merge_adjacent(segments: Iterable[Segment]) -> list[Segment]:
    """Neighbours of one level as one segment."""
    result: list[Segment] = []
    for segment in segments:
        follows = bool(result) and (result[-1].level, result[-1].end) == (segment.level, segment.start)
        start = result.pop().start if follows else segment.start
        result.append(Segment(segment.level, start, segment.end))
    return result
