"""The buckets of a series: where each begins, in a person's zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from apps.core.exceptions import ApplicationError

from .granularity import Kept, Level
from .types import Step, Window

#: From fine to coarse.
STEPS: tuple[Step, ...] = ("minute", "quarter", "hour", "day", "month")
#: Steps that are the same in every zone. Offsets of half an hour leave hours on UTC's hour.
LENGTHS = {"minute": timedelta(minutes=1), "quarter": timedelta(minutes=15), "hour": timedelta(hours=1)}
MOST_POINTS = 20_000

_FINEST: dict[Level, Step] = {Level.MINUTE: "minute", Level.HOUR: "hour", Level.DAY: "day", Level.MONTH: "month"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TooManyPoints(ApplicationError):
    """A series of more points than anyone can look at."""

    message = f"The range has more than {MOST_POINTS:,} points at this resolution"


@dataclass(frozen=True, slots=True)
class Buckets:
    """``starts`` are the buckets' own starts in the zone; ``edges`` bound what is counted in each.

    There is one edge more than there are starts. Edges are what is kept lets them be: the first and the
    last one are the window's own, as near as its records are still told apart.
    """

    step: Step
    starts: Sequence[datetime]
    edges: Sequence[datetime]


def kept_step(window: Window, step: Step, kept: Kept) -> Step:
    """The step itself, or the finest one that the first days of the window still allow."""
    return max(step, _FINEST[kept.finest(window.start)], key=STEPS.index)


def buckets(window: Window, step: Step, zone: ZoneInfo, kept: Kept) -> Buckets:
    """The buckets of a window; none when it is empty.

    Raises:
        TooManyPoints: more than :data:`MOST_POINTS`.
    """
    step = kept_step(window, step, kept)
    starts = list(islice(_starts(window, step, zone), MOST_POINTS + 1))
    if len(starts) > MOST_POINTS:
        raise TooManyPoints
    first, last = kept.bounds(window)
    inner = [start.astimezone(UTC) for start in starts[1:]]
    if step not in LENGTHS:
        inner = [kept.within(start) for start in inner]
    return Buckets(step, starts, [first, *(min(max(edge, first), last) for edge in inner), last])


def _starts(window: Window, step: Step, zone: ZoneInfo) -> Iterator[datetime]:
    if window.start >= window.end:
        return iter(())
    if step in LENGTHS:
        return _even_starts(window, LENGTHS[step], zone)
    return _local_starts(window, step, zone)


def _even_starts(window: Window, length: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    start = window.start.astimezone(UTC)
    start -= (start - _EPOCH) % length
    while start < window.end:
        yield start.astimezone(zone)
        start += length


def _local_starts(window: Window, step: Step, zone: ZoneInfo) -> Iterator[datetime]:
    """Local midnights; one that the clock skips is the moment of the skip, one that it repeats the first."""
    day = window.start.astimezone(zone).date()
    day = day.replace(day=1) if step == "month" else day
    while (start := datetime.combine(day, time(), zone)).astimezone(UTC) < window.end:
        yield start
        day = _next(day, step)


def _next(day: date, step: Step) -> date:
    return (day + timedelta(days=32)).replace(day=1) if step == "month" else day + timedelta(days=1)
