"""How much traffic there is at a moment, and what goes wrong: for the history, and for live traffic.

Pure functions of time. The history must come out the same whenever it is made again, because
records that are made twice are told apart from new ones by their bytes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, exp, pi, sin

from apps.demo.demo_apis import APIS, PAYMENTS, SEARCH

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an API: the share of requests that fail, how, and how many times slower it is."""

    failure_rate: float = 0.0
    status: int = 503
    slowdown: float = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """The load at a moment.

    ``rate`` is in requests per second; ``faults`` go by API id; ``adoption`` (0 to 1) is how far
    consumers have moved to the newer version of an API; ``crawler_share`` the share of requests that one
    consumer makes who reads the whole catalogue.
    """

    rate: float
    faults: Mapping[str, Fault] = field(default_factory=dict)
    adoption: float = 1.0
    crawler_share: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadEvent:
    """Something out of the ordinary: how it changes traffic, and when it begins and ends (seconds)."""

    start: float
    seconds: float
    volume: float = 1.0
    faults: Mapping[str, Fault] = field(default_factory=dict)
    crawler_share: float = 0.0

    def covers(self, moment: float) -> bool:
        """Whether it goes on at that moment."""
        return self.start <= moment < self.start + self.seconds


#: The payment provider is down: half of the requests fail, the others wait for it.
INCIDENT: Mapping[str, Fault] = {PAYMENTS.api_id: Fault(0.55, 503, 7.0)}
_OUTAGE: Mapping[str, Fault] = {api.api_id: Fault(0.75, 502, 2.5) for api in APIS}
_SLOW_DEPLOY: Mapping[str, Fault] = {SEARCH.api_id: Fault(0.01, 500, 2.1)}

#: Days before the last midnight and hour of that day at which the payment provider was down.
_INCIDENTS = ((77, 9.2), (61, 16.5), (45, 11.0), (33, 20.3), (21, 14.7), (12, 10.4), (4, 17.1), (1, 13.6))

#: What happened in the history, in seconds before its last midnight.
HISTORY_EVENTS: tuple[LoadEvent, ...] = (
    LoadEvent(-26 * DAY + 9 * HOUR, 5.5 * HOUR, volume=0.4, faults=_OUTAGE),
    LoadEvent(-19 * DAY + 10 * HOUR, 70 * HOUR, faults=_SLOW_DEPLOY),
    LoadEvent(-13 * DAY + 12 * HOUR, 3 * HOUR, volume=2.4),
    LoadEvent(-6 * DAY + 1 * HOUR, 2.5 * HOUR, volume=2.2, crawler_share=0.6),
    *(LoadEvent(-day * DAY + hour * HOUR, 0.6 * HOUR, faults=INCIDENT) for day, hour in _INCIDENTS),
)
#: One that whoever starts the demo sees in the last hours, in seconds before the history's end.
RECENT_INCIDENT = LoadEvent(-5 * HOUR, 25 * MINUTE, faults=INCIDENT)

#: Requests per second of an average weekday on the first day of a history of 90 days.
FIRST_RATE = 0.0165
#: How many times that rate the last day has.
GROWTH_FACTOR = 7.0
GROWTH_DAYS = 90
#: The history's last hours lead up to the rate of the live traffic, which is higher than three
#: months could have that are written in half a minute; beyond a limit they do not try.
RAMP = 6 * HOUR
RAMP_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class HistoryProfile:
    """The days before the live traffic: growth, days and nights, weekends, and what happened.

    It ends at ``until`` (seconds since 1970), where live traffic goes on with ``live_rate``
    requests per second; 0 = none follows.
    """

    until: int
    days: int
    live_rate: float = 0.0

    @property
    def midnight(self) -> int:
        """The last midnight (UTC)."""
        return self.until // DAY * DAY

    @property
    def start(self) -> int:
        """The first second: a midnight (UTC)."""
        return self.midnight - self.days * DAY

    def at(self, moment: float) -> Load:
        """The load at a moment, in seconds since 1970."""
        rate, crawler_share = self._usual_rate(moment), 0.0
        faults: dict[str, Fault] = {}
        for event in self._events(moment):
            rate, crawler_share = rate * event.volume, max(crawler_share, event.crawler_share)
            faults |= event.faults
        adoption = 1 + (moment - self.until) / (GROWTH_DAYS * DAY)
        return Load(self._ramped(rate, moment), faults, max(0.0, adoption), crawler_share)

    def _events(self, moment: float) -> list[LoadEvent]:
        happened = [event for event in HISTORY_EVENTS if event.covers(moment - self.midnight)]
        return [*happened, RECENT_INCIDENT] if RECENT_INCIDENT.covers(moment - self.until) else happened

    def _usual_rate(self, moment: float) -> float:
        age = (self.until - moment) / (GROWTH_DAYS * DAY)
        return FIRST_RATE * float(GROWTH_FACTOR ** (1 - age)) * daily_pattern(moment)

    def _ramped(self, rate: float, moment: float) -> float:
        target = min(self.live_rate, RAMP_LIMIT)
        share = 1 - (self.until - moment) / RAMP
        return float(rate ** (1 - share) * target**share) if share > 0 and target > rate else rate


def daily_pattern(moment: float) -> float:
    """How an hour compares with an average one of a weekday: afternoons high, nights and weekends low."""
    hour = moment % DAY / HOUR
    day = 1 + 0.62 * cos((hour - 14.5) / 12 * pi) + 0.16 * exp(-((hour - 20.5) ** 2) / 3)
    weekday = (moment // DAY + 3) % 7  # 1970 began on a Thursday; Monday is 0
    return day * (0.52 if weekday >= 5 else 1.0)


#: Live traffic has a burst, which is mostly the crawler's, and an incident: how often, how long (seconds).
BURST_EVERY, BURST, BURST_VOLUME = 19 * MINUTE, 75, 2.8
BURST_AVERAGE = 1 + (BURST_VOLUME - 1) * BURST / BURST_EVERY
INCIDENT_EVERY, INCIDENT_LASTS = 55 * MINUTE, 4 * MINUTE


@dataclass(frozen=True, slots=True)
class LiveProfile:
    """Traffic from now on: ``rate`` requests per second on average, in waves and bursts.

    Time counts from the start, so that whoever has just started the demo soon sees a burst and an
    incident, and then one about every hour.
    """

    start: float
    rate: float

    def at(self, moment: float) -> Load:
        """The load at a moment, in seconds since 1970."""
        elapsed = moment - self.start
        wave = 1 + 0.25 * sin(elapsed / (7 * MINUTE) * 2 * pi)
        bursting = 6 * MINUTE <= elapsed % BURST_EVERY < 6 * MINUTE + BURST
        failing = 2 * MINUTE <= elapsed % INCIDENT_EVERY < 2 * MINUTE + INCIDENT_LASTS
        volume = wave * (BURST_VOLUME if bursting else 1) / BURST_AVERAGE
        return Load(self.rate * volume, INCIDENT if failing else {}, 1.0, 0.3 if bursting else 0.0)
