"""How long a delivery that failed waits for its next attempt."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
JITTER = 0.25  # of a pause, more or less, so that what failed together is not tried together


def pause_after(attempts: int) -> timedelta:
    """Give the pause after so many attempts (from 1): twice as long each time, up to an hour."""
    growing = FIRST * (1 << min(attempts - 1, 16))
    return min(growing, LONGEST) * random.uniform(1 - JITTER, 1 + JITTER)
