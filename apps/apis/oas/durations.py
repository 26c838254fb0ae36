"""Durations in the gateway's extension: texts of Go, such as ``1h30m`` or ``500ms``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

#: Unit → nanoseconds.
UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # micro sign
    "μs": 10**3,  # Greek letter
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
DURATION = re.compile(rf"([-+]?)((?:{PART.pattern})+)", re.ASCII)
LONGEST = 2**63 - 1  # nanoseconds


def nanoseconds(text: Any) -> int:
    """Give a duration in nanoseconds; 0 for what is none, as gateways read it."""
    found = DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    counted = int(sum(Decimal(number) * UNITS[unit] for number, unit in PART.findall(found[2])))
    return 0 if counted > LONGEST else -counted if found[1] == "-" else counted


def seconds(text: Any) -> int:
    """Give a duration in whole seconds; what is left over is dropped."""
    return int(Decimal(nanoseconds(text)) / UNITS["s"])
