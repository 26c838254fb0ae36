"""How figures and times are written: numbers with their units, ranges, ages. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from apps.analytics.queries.types import Step, Window
from apps.analytics.ranges import LAST_N, Range

UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month", "y": "year"}
INTERVAL_LABELS: dict[Step, str] = {
    "minute": "every minute",
    "quarter_hour": "every 15 min",
    "hour": "hourly",
    "day": "daily",
    "month": "monthly",
}
PRESETS: tuple[tuple[str, str, str], ...] = (
    ("Last 15 minutes", "now-15m", "now"),
    ("Last hour", "now-1h", "now"),
    ("Last 6 hours", "now-6h", "now"),
    ("Last 24 hours", "now-24h", "now"),
    ("Last 7 days", "now-7d", "now"),
    ("Last 28 days", "now-28d", "now"),
    ("Last 90 days", "now-90d", "now"),
    ("This month", "now/M", "now"),
    ("Last month", "now-1M/M", "now/M"),
)
PRESET_NAMES = {(start, end): name for name, start, end in PRESETS} | {("now/d", "now"): "Today"}
#: What gateways mean by a status, where the protocol's own phrase says less.
STATUS_PHRASES = {
    401: "no valid key",
    403: "not allowed",
    429: "rate limit",
    499: "client went away",
    500: "internal error",
    503: "unavailable",
    504: "timeout",
}
NO_KEY = "00000000"


@dataclass(frozen=True)
class FormattedValue:
    """A number as it is read, and its unit."""

    number: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.unit}".strip()


def count(number: float) -> str:
    """A count with its thousands apart: ``86,412``."""
    return f"{number:,.0f}"


def percentage(share: float) -> FormattedValue:
    """A share (0 to 1) in per cent; a share that is not nothing never reads as nothing."""
    percent = share * 100
    if 0 < percent < 0.01:
        return FormattedValue("< 0.01", "%")
    return FormattedValue(f"{percent:.2f}" if percent < 10 else f"{percent:.1f}", "%")


def latency(milliseconds: float | None) -> FormattedValue:
    """A latency: ``0.4 ms``, ``214 ms``, ``12.5 s``; ``–`` when there is none."""
    if milliseconds is None:
        return FormattedValue("–")
    if milliseconds >= 10_000:
        return FormattedValue(f"{milliseconds / 1000:,.1f}", "s")
    return FormattedValue(
        count(milliseconds) if milliseconds >= 10 or milliseconds == int(milliseconds) else f"{milliseconds:.1f}", "ms"
    )


def status_phrase(code: int) -> str:
    """What an HTTP status means, in few words."""
    if code in STATUS_PHRASES:
        return STATUS_PHRASES[code]
    try:
        return HTTPStatus(code).phrase.lower()
    except ValueError:
        return ""


def range_label(chosen: Range) -> str:
    """A range in words: ``Last 24 hours``, ``25 Oct 00:00 → 27 Oct 00:00``."""
    name = PRESET_NAMES.get((chosen.start, chosen.end))
    if name:
        return name
    if chosen.end == "now" and (found := LAST_N.fullmatch(chosen.start.removeprefix("now-"))):
        return f"Last {_units(int(found[1]), UNITS[found[2]])}"
    return window_label(chosen.window, chosen.zone, chosen.now)


def window_label(window: Window, zone: ZoneInfo, now: datetime) -> str:
    """A window as two local times, with no more of the second than differs from the first."""
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    same_day = start.date() == end.date()
    return f"{_day(start, now)} {start:%H:%M} → {'' if same_day else _day(end, now) + ' '}{end:%H:%M}"


def _day(local: datetime, now: datetime) -> str:
    year = "" if local.year == now.astimezone(local.tzinfo).year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"


def _units(number: int, unit: str) -> str:
    return unit if number == 1 else f"{number} {unit}s"


def duration(time: timedelta) -> str:
    """A length of time in a unit that suits it: ``24 hours``, ``7 days``, ``90 minutes``."""
    minutes = round(time.total_seconds() / 60)
    if minutes >= 2 * 1440:
        return _units(round(minutes / 1440), "day")
    return _units(minutes // 60, "hour") if minutes % 60 == 0 else _units(minutes, "minute")


def length(time: timedelta) -> str:
    """A length of time in a unit that leaves a number to say: ``4 s``, ``3 min``, ``2 days``."""
    seconds = max(0, int(time.total_seconds()))
    for size, unit in ((172_800, "day"), (7_200, "h"), (120, "min")):
        if seconds >= size:
            number = seconds // {"day": 86_400, "h": 3_600, "min": 60}[unit]
            return _units(number, unit) if unit == "day" else f"{number} {unit}"
    return f"{seconds} s"


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was: ``4 s ago``, ``3 min ago``, ``2 days ago``."""
    return f"{length(now - then)} ago"


def local_time(local: datetime) -> str:
    """A local time in full: ``21 Nov 2026, 14:05``."""
    return f"{local.day} {local:%b %Y}, {local:%H:%M}"
