"""The time zones that a person can choose."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def zone_names() -> tuple[str, ...]:
    """Give the names of all IANA time zones, in order. Found once: that is to look into some hundred files."""
    return tuple(sorted(available_timezones() - {"localtime"}))
