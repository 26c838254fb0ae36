"""How much traffic there is at a moment, and what goes wrong: for the history, and for live traffic.

Pure functions of time. The history must come out the same whenever it is made again, because
records that are made twice are told apart from new ones by their bytes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, exp, pi, sin

from apps.demo.offer import APIS, PAYMENTS, SEARCH

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with an API: the share of requests that fail, how, and how much slower it is."""

    failing: float = 0.0
    status: int = 503
    slower: float = 1.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state of things at a moment.

    ``rate`` is in requests per second; ``troubles`` go by API id; ``progress`` (0 to 1) is how far
    callers have moved to the newer version of an API; ``crawling`` the share of requests that one
    caller makes who reads the whole catalogue.
    """

    rate: float
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    progress: float = 1.0
    crawling: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something out of the ordinary: how it changes traffic, and when it begins and ends (seconds)."""

    start: float
    seconds: float
    volume: float = 1.0
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    crawling: float = 0.0

    def covers(self, moment: float) -> bool:
        """Whether it goes on at that moment."""
        return self.start <= moment < self.start + self.seconds


#: The payment provider is down: half of the requests fail, the others wait for it.
INCIDENT: Mapping[str, Trouble] = {PAYMENTS.api_id: Trouble(0.55, 503, 7.0)}
_OUTAGE: Mapping[str, Trouble] = {api.api_id: Trouble(0.75, 502, 2.5) for api in APIS}
_SLOW_DEPLOY: Mapping[str, Trouble] = {SEARCH.api_id: Trouble(0.01, 500, 2.1)}

#: Days before the last midnight and hour of that day at which the payment provider was down.
_INCIDENTS = ((77, 9.2), (61, 16.5), (45, 11.0), (33, 20.3), (21, 14.7), (12, 10.4), (4, 17.1), (1, 13.6))

#: What happened in the history, in seconds before its last midnight.
EVENTS: tuple[Event, ...] = (
    Event(-26 * DAY + 9 * HOUR, 5.5 * HOUR, volume=0.4, troubles=_OUTAGE),
    Event(-19 * DAY + 10 * HOUR, 70 * HOUR, troubles=_SLOW_DEPLOY),
    Event(-13 * DAY + 12 * HOUR, 3 * HOUR, volume=2.4),
    Event(-6 * DAY + 1 * HOUR, 2.5 * HOUR, volume=2.2, crawling=0.6),
    *(Event(-day * DAY + hour * HOUR, 0.6 * HOUR, troubles=INCIDENT) for day, hour in _INCIDENTS),
)
#: One that whoever starts the demo sees in the last hours, in seconds before the history's end.
RECENT = Event(-5 * HOUR, 25 * MINUTE, troubles=INCIDENT)

#: Requests per second of an average weekday on the first day of a history of 90 days.
FIRST_RATE = 0.0165
#: How many times that rate the last day has.
GROWTH = 7.0
GROWTH_DAYS = 90
#: The history's last hours lead up to the rate of the live traffic, which is higher than three
#: months could have that are written in half a minute; beyond a limit they do not try.
RAMP = 6 * HOUR
RAMP_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class HistoryConditions:
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

    def at(self, moment: float) -> Conditions:
        """The conditions at a moment, in seconds since 1970."""
        rate, crawling = self._usual_rate(moment), 0.0
        troubles: dict[str, Trouble] = {}
        for event in self._events(moment):
            rate, crawling = rate * event.volume, max(crawling, event.crawling)
            troubles |= event.troubles
        progress = 1 + (moment - self.until) / (GROWTH_DAYS * DAY)
        return Conditions(self._ramped(rate, moment), troubles, max(0.0, progress), crawling)

    def _events(self, moment: float) -> list[Event]:
        happened = [event for event in EVENTS if event.covers(moment - self.midnight)]
        return [*happened, RECENT] if RECENT.covers(moment - self.until) else happened

    def _usual_rate(self, moment: float) -> float:
        age = (self.until - moment) / (GROWTH_DAYS * DAY)
        return FIRST_RATE * float(GROWTH ** (1 - age)) * rhythm(moment)

    def _ramped(self, rate: float, moment: float) -> float:
        target = min(self.live_rate, RAMP_LIMIT)
        share = 1 - (self.until - moment) / RAMP
        return float(rate ** (1 - share) * target**share) if share > 0 and target > rate else rate


def rhythm(moment: float) -> float:
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
class LiveConditions:
    """Traffic from now on: ``rate`` requests per second on average, in waves and bursts.

    Time counts from the start, so that whoever has just started the demo soon sees a burst and an
    incident, and then one about every hour.
    """

    start: float
    rate: float

    def at(self, moment: float) -> Conditions:
        """The conditions at a moment, in seconds since 1970."""
        elapsed = moment - self.start
        wave = 1 + 0.25 * sin(elapsed / (7 * MINUTE) * 2 * pi)
        bursting = 6 * MINUTE <= elapsed % BURST_EVERY < 6 * MINUTE + BURST
        failing = 2 * MINUTE <= elapsed % INCIDENT_EVERY < 2 * MINUTE + INCIDENT_LASTS
        volume = wave * (BURST_VOLUME if bursting else 1) / BURST_AVERAGE
        return Conditions(self.rate * volume, INCIDENT if failing else {}, 1.0, 0.3 if bursting else 0.0)
