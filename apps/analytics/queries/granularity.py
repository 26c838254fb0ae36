"""How fine time is told apart: the levels of the aggregates, how long each is kept, the buckets of a series. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from apps.analytics import partitions
from apps.core.exceptions import ApplicationError

from .types import Step, Window

#: From fine to coarse.
STEPS: tuple[Step, ...] = ("minute", "quarter_hour", "hour", "day", "month")
#: Steps that are the same in every zone. Offsets of half an hour leave hours on UTC's hour.
FIXED_LENGTHS = {
    "minute": timedelta(minutes=1),
    "quarter_hour": timedelta(minutes=15),
    "hour": timedelta(hours=1),
}
MAX_POINTS = 20_000


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
        return start + LEVEL_LENGTHS[self]

    def ceil(self, moment: datetime) -> datetime:
        """The first start of a bucket at or after a moment."""
        start = self.floor(moment)
        return start if start == moment else self.next(start)

    def nearest(self, moment: datetime) -> datetime:
        """The start of a bucket that is nearest to a moment."""
        before, after = self.floor(moment), self.ceil(moment)
        return before if moment - before < after - moment else after


LEVEL_LENGTHS = {Level.MINUTE: timedelta(minutes=1), Level.HOUR: timedelta(hours=1), Level.DAY: timedelta(days=1)}
_FINEST: dict[Level, Step] = {Level.MINUTE: "minute", Level.HOUR: "hour", Level.DAY: "day", Level.MONTH: "month"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """From when on each level is kept: midnights, and for days the start of a month (UTC)."""

    minutes: datetime
    hours: datetime
    days: datetime

    def finest_level(self, moment: datetime) -> Level:
        """The finest level that is kept at a moment."""
        limits = ((Level.MINUTE, self.minutes), (Level.HOUR, self.hours), (Level.DAY, self.days))
        return next((level for level, limit in limits if moment >= limit), Level.MONTH)

    def bounds(self, window: Window) -> tuple[datetime, datetime]:
        """The range that answers for a window: outward to the minute, and before that to the hour.

        Where not even hours are kept an edge goes to the nearest day or month, and outward only if that
        would leave nothing: a person's month in Berlin is that of UTC then, and not that plus a day.
        """
        first, last = self.finest_level(window.start), self.finest_level(window.end)
        start = first.floor(window.start) if first <= Level.HOUR else first.nearest(window.start)
        end = last.ceil(window.end) if last <= Level.HOUR else last.nearest(window.end)
        return (start, end) if start < end else (first.floor(window.start), last.ceil(window.end))

    def day_boundary(self, moment: datetime) -> datetime:
        """Where a day that begins at a moment of some zone is told from the day before it.

        That is a start of an hour, also in zones of half an hour's offset, where hours are kept, and a
        start of a day or month where they are not.
        """
        return max(Level.HOUR, self.finest_level(moment)).nearest(moment)


def current_retention(now: datetime | None = None) -> Retention:
    """What the settings say is kept today."""
    midnight = Level.DAY.floor(now or timezone.now())
    return Retention(
        minutes=_midnight(partitions.oldest(partitions.MINUTES, midnight.date())),
        hours=_midnight(partitions.oldest(partitions.HOURS, midnight.date())),
        days=_first_day(midnight),
    )


def _first_day(midnight: datetime) -> datetime:
    years = settings.ANALYTICS_DAY_YEARS
    return _EPOCH if years is None else Level.MONTH.ceil(midnight - timedelta(days=years * 365))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class TooManyPoints(ApplicationError):
    """A series of more points than anyone can look at."""

    message = f"The range has more than {MAX_POINTS:,} points at this resolution"


@dataclass(frozen=True, slots=True)
class Buckets:
    """``starts`` are the buckets' own starts in the zone; ``edges`` bound what is counted in each.

    There is one edge more than there are starts. Edges are what is kept lets them be: the first and the
    last one are the window's own, as near as its records are still told apart.
    """

    step: Step
    starts: Sequence[datetime]
    edges: Sequence[datetime]


def finest_step(window: Window, step: Step, retention: Retention) -> Step:
    """The step itself, or the finest one that the first days of the window still allow."""
    return max(step, _FINEST[retention.finest_level(window.start)], key=STEPS.index)


def buckets(window: Window, step: Step, zone: ZoneInfo, retention: Retention) -> Buckets:
    """The buckets of a window; none when it is empty.

    Raises:
        TooManyPoints: more than :data:`MAX_POINTS`.
    """
    step = finest_step(window, step, retention)
    starts = list(islice(_starts(window, step, zone), MAX_POINTS + 1))
    if len(starts) > MAX_POINTS:
        raise TooManyPoints
    first, last = retention.bounds(window)
    inner = [start.astimezone(UTC) for start in starts[1:]]
    if step not in FIXED_LENGTHS:
        inner = [retention.day_boundary(start) for start in inner]
    return Buckets(step, starts, [first, *(min(max(edge, first), last) for edge in inner), last])


def _starts(window: Window, step: Step, zone: ZoneInfo) -> Iterator[datetime]:
    if window.start >= window.end:
        return iter(())
    if step in FIXED_LENGTHS:
        return _even_starts(window, FIXED_LENGTHS[step], zone)
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
