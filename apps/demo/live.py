"""Live demo traffic: requests that happen now, independently of each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random

from apps.demo.byte_spans import NANOSECONDS
from apps.demo.load_profile import LiveProfile
from apps.demo.traffic import request

#: Seconds between two pushes at least, so that high rates go in batches.
TICK = 0.05
#: Seconds of delay (Redis was away, the machine slept) after which what was missed is left out.
LATE = 2.0


def batches(
    random: Random,
    profile: LiveProfile,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[bytes]]:
    """Records as they happen, for ever; each carries the time of its arrival.

    Arrivals are a Poisson process whose rate follows the profile.
    """
    due = clock()
    while True:
        now = clock()
        due = due if now - due < LATE else now
        batch: list[bytes] = []
        while due <= now:
            load = profile.at(due)
            batch.append(request(random, int(due * NANOSECONDS), load).encode())
            due += random.expovariate(load.rate)
        if batch:
            yield batch
        sleep(max(due - clock(), TICK))
