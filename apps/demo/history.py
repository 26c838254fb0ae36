"""Writes the demo's history: the newest day first, so that the pages have something to show at once.

Every hour has a random source of its own, seeded by the hour. Whoever writes it again writes the
same bytes, and the pump counts a record once however often its bytes come. So a history that was
killed may simply be begun again where it was last known to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from apps.demo.byte_spans import NANOSECONDS
from apps.demo.load_profile import DAY, HOUR, HistoryProfile
from apps.demo.models import History
from apps.demo.sampling import poisson
from apps.demo.traffic import request
from apps.organisations.models import Organisation

#: Seconds for which the load is looked up once.
STEP = 300


def begin(organisation: Organisation, until: int, days: int, live_rate: float) -> History:
    """The organisation's history: the one that was begun, else one that ends at ``until``."""
    fixed = {"until": until, "days": days, "live_rate": live_rate}
    return History.objects.get_or_create(organisation=organisation, defaults=fixed)[0]


def remaining(history: History) -> range:
    """The days still to write, counted back from the last.

    The last one written is written again: Redis may have lost the second before it was killed.
    """
    return range(0) if history.is_complete else range(max(0, history.written - 1), history.days + 1)


def day(profile: HistoryProfile, days_ago: int) -> Iterator[bytes]:
    """The records of a day (0 = that in which the history ends), oldest first."""
    start = profile.midnight - days_ago * DAY
    for hour in range(start, min(start + DAY, profile.until), HOUR):
        yield from _hour(profile, hour)


def _hour(profile: HistoryProfile, start: int) -> Iterator[bytes]:
    random = Random(f"demo {start}")
    for moment in range(start, start + HOUR, STEP):
        load = profile.at(moment)
        count = poisson(random, load.rate * STEP)
        for offset in sorted(random.random() * STEP for _ in range(count)):
            if moment + offset >= profile.until:
                return
            yield request(random, int((moment + offset) * NANOSECONDS), load).encode()
