"""Ranges of time as people write them, resolved to whole buckets. Pure: "now" is an argument.

A moment is ``now``, ``now-6h``, ``now/d`` (the start of today), ``now-1M/M`` (the start of last month),
``2026-10-25``, ``2026-10``, or an ISO time in the reader's zone unless it names an offset. Units are
s m h d w M y. A range is two moments, half open: ``now-6h..now``, ``2026-10-25..2026-10-27``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.analytics.queries.granularity import STEPS, Retention, finest_step
from apps.analytics.queries.types import Step, Window

RELATIVE = re.compile(r"now(?:([+-])(\d{1,6})([smhdwMy]))?(?:/([hdwMy]))?")
LAST_N = re.compile(r"(\d{1,6})\s*([smhdwMy]|min)")
MONTH = re.compile(r"\d{4}-\d{2}")
CLOCK_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
CALENDAR_DAYS = {"d": 1, "w": 7}
CALENDAR_MONTHS = {"M": 1, "y": 12}
FIRST_YEAR, LAST_YEAR = 2000, 2099

STEP_LENGTHS: dict[Step, timedelta] = {
    "minute": timedelta(minutes=1),
    "quarter_hour": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=30),
}
#: The step taken for a range up to a length, when none is asked for.
DEFAULT_STEPS: tuple[tuple[timedelta, Step], ...] = (
    (timedelta(hours=6), "minute"),
    (timedelta(hours=48), "quarter_hour"),
    (timedelta(days=14), "hour"),
    (timedelta(days=740), "day"),
)
MIN_BUCKETS, MAX_BUCKETS = 2, 750


class InvalidMoment(ValueError):
    """A text that names no moment; its message says so in words that fit after the text."""


@dataclass(frozen=True)
class Range:
    """A range of time: as it was written, and as the whole buckets it covers.

    ``steps`` are the steps that suit its length, in order of length; ``step`` is one of them.
    """

    start: str
    end: str
    zone: ZoneInfo
    step: Step
    steps: tuple[Step, ...]
    window: Window
    now: datetime

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.window.end - self.window.start

    @property
    def is_incomplete(self) -> bool:
        """Whether the last bucket is not over yet."""
        return self.window.start <= self.now < self.window.end

    def previous(self) -> Window:
        """The window of the same elapsed length just before, so that an incomplete bucket compares fairly."""
        over = min(self.window.end, max(self.now, self.window.start)) - self.length
        return Window(self.window.start - self.length, over.replace(second=0, microsecond=0))

    def shifted(self, direction: int) -> tuple[str, str]:
        """The range before (−1) or after (1) this one, as written; whole months move by months."""
        start, end = (one.astimezone(self.zone) for one in (self.window.start, self.window.end))
        if _first_of_month(start) and _first_of_month(end):
            months = direction * ((end.year - start.year) * 12 + end.month - start.month)
            moved = [_localise(_add_months(one.replace(tzinfo=None), months), self.zone) for one in (start, end)]
        else:
            moved = [one + direction * self.length for one in (self.window.start, self.window.end)]
        return format_moment(moved[0], self.zone), format_moment(moved[1], self.zone)

    def absolute(self) -> tuple[str, str]:
        """The range with its relative moments made absolute."""
        return format_moment(self.window.start, self.zone), format_moment(self.window.end, self.zone)


def parse_moment(text: str, now: datetime, zone: ZoneInfo, *, late: bool = False) -> datetime:
    """Resolve a written moment to UTC; ``late`` takes the second of two equal times of a long night.

    Raises:
        InvalidMoment: when it names none, or one that no traffic can have.
    """
    try:
        found = _relative(text, now, zone) if text.startswith("now") else _absolute(text, zone, late)
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidMoment("is no moment in time") from error
    raise InvalidMoment("is out of reach")


def _relative(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    if not (parts := RELATIVE.fullmatch(text)):
        raise ValueError(text)
    sign, count, unit, rounding = parts.groups()
    amount = int(count or 0) * (-1 if sign == "-" else 1)
    shifted = now + amount * CLOCK_UNITS[unit] if unit in CLOCK_UNITS else _shift_days(now, amount, unit, zone)
    return _floor(shifted, rounding, zone) if rounding else shifted


def _shift_days(now: datetime, amount: int, unit: str | None, zone: ZoneInfo) -> datetime:
    """Days and months are moved on the wall clock: a day may have 23 or 25 hours."""
    if not unit:
        return now
    wall = now.astimezone(zone).replace(tzinfo=None)
    if unit in CALENDAR_MONTHS:
        return _localise(_add_months(wall, amount * CALENDAR_MONTHS[unit]), zone)
    return _localise(wall + timedelta(days=amount * CALENDAR_DAYS[unit]), zone)


def _add_months(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, (following - timedelta(days=1)).day))


def _localise(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _first_of_month(local: datetime) -> bool:
    return local.day == 1 and local.time() == time.min


def _floor(at: datetime, unit: str, zone: ZoneInfo) -> datetime:
    wall = at.astimezone(zone).replace(tzinfo=None)
    if unit == "h":
        return at - timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "d": day,
        "w": day - timedelta(days=day.weekday()),
        "M": day.replace(day=1),
        "y": day.replace(day=1, month=1),
    }
    return _localise(starts[unit], zone)


def _absolute(text: str, zone: ZoneInfo, late: bool) -> datetime:
    found = datetime.fromisoformat(f"{text}-01" if MONTH.fullmatch(text) else text)
    return found if found.tzinfo else found.replace(tzinfo=zone, fold=int(late))


def split_range(text: str) -> tuple[str, str]:
    """The two moments of a range as typed: ``a..b``, ``a/b``, a day, a month, ``7d``, or ``now-6h``.

    Raises:
        InvalidMoment: when it cannot be a range.
    """
    text = text.strip()
    for separator in ("..", "→", " to "):
        if separator in text:
            start, _, end = text.partition(separator)
            return start.strip(), end.strip() or "now"
    start, slash, end = text.partition("/")
    if slash and not RELATIVE.fullmatch(text):
        return start.strip(), end.strip()
    return _single(text)


def _single(text: str) -> tuple[str, str]:
    if found := LAST_N.fullmatch(text):
        return f"now-{found[1]}{'m' if found[2] == 'min' else found[2]}", "now"
    if RELATIVE.fullmatch(text):
        return text, "now"
    try:
        first = datetime.fromisoformat(f"{text}-01" if MONTH.fullmatch(text) else text)
    except ValueError as error:
        raise InvalidMoment("is no range of time") from error
    if first.time() != time.min:
        return text, "now"
    last = _add_months(first, 1) if MONTH.fullmatch(text) else first + timedelta(days=1)
    return f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"


def format_moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment as it stands in a URL: the wall clock of the zone where that says it, else UTC."""
    local = at.astimezone(zone).replace(tzinfo=None)
    if _localise(local, zone) != at:
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
    return f"{local:%Y-%m-%d}" if local.time() == time.min else f"{local:%Y-%m-%dT%H:%M}"


def resolve(start: str, end: str, zone: ZoneInfo, step: Step | None, now: datetime, retention: Retention) -> Range:
    """Resolve a written range to whole buckets of the step, or of the usual one for its length.

    ``retention`` says how fine the figures of old days still are. A step that does not suit the range is
    replaced. A range that ends now is moved on to the end of the running bucket, both
    edges alike, so that "the last 24 hours" are 24 bars.

    Raises:
        InvalidMoment: when a moment is none, or the first is not before the second.
    """
    first, last = parse_moment(start, now, zone), parse_moment(end, now, zone, late=True)
    if first >= last:
        raise InvalidMoment("does not begin before it ends")
    steps = suitable_steps(first, last, retention)
    chosen = step if step in steps else _default_step(last - first, steps)
    rolling = bool(RELATIVE.fullmatch(start)) and "/" not in start
    window = _whole(first, last, chosen, zone, rolling)
    return Range(start, end, zone, chosen, steps, window, now)


def _whole(first: datetime, last: datetime, step: Step, zone: ZoneInfo, rolling: bool) -> Window:
    end = _edge(last, step, zone, up=True)
    start = _edge(first, step, zone, up=rolling)
    return Window(start if start < end else _edge(end - timedelta(seconds=1), step, zone, up=False), end)


def _edge(at: datetime, step: Step, zone: ZoneInfo, *, up: bool) -> datetime:
    """The nearest edge of a bucket, before or (``up``) after a moment; the moment itself if it is one."""
    if step in ("day", "month"):
        edge = _floor(at, "d" if step == "day" else "M", zone)
        return edge if edge == at or not up else _shift_days(edge, 1, step[0] if step == "day" else "M", zone)
    length = STEP_LENGTHS[step]
    over = (at - datetime(2000, 1, 1, tzinfo=UTC)) % length
    return at + (length - over if up and over else -over)


def suitable_steps(first: datetime, last: datetime, retention: Retention) -> tuple[Step, ...]:
    """The steps that are kept so far back and give a sensible number of buckets; at least one."""
    window = Window(first, last)
    fine: list[Step] = [step for step in STEPS if finest_step(window, step, retention) == step]
    many = tuple(step for step in fine if MIN_BUCKETS <= (last - first) / STEP_LENGTHS[step] <= MAX_BUCKETS)
    return many or ((fine[0],) if last - first < MIN_BUCKETS * STEP_LENGTHS[fine[-1]] else (fine[-1],))


def _default_step(length: timedelta, steps: tuple[Step, ...]) -> Step:
    wanted = next((step for limit, step in DEFAULT_STEPS if length <= limit), "month")
    coarser: Iterator[Step] = (step for step in steps if STEPS.index(step) >= STEPS.index(wanted))
    return next(coarser, steps[-1])
