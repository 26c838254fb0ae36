"""The context bar of an analytics page: the range, its steps, the filters, and where each leads."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.analytics import wording
from apps.analytics.asked import Asked, api_names
from apps.analytics.dimensions import KEY
from apps.analytics.queries import breakdown
from apps.analytics.queries.types import Step, TrafficFilters

SHOWN_NAMES = 3
STEP_NAMES: dict[Step, str] = {
    "minute": "Minute",
    "quarter": "15 minutes",
    "hour": "Hour",
    "day": "Day",
    "month": "Month",
}


@dataclass(frozen=True)
class Choice:
    """One of several: what it is called, where it leads, whether it is the one."""

    name: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class Chip:
    """A filter in words, and the address without it."""

    name: str
    words: str
    without: str


class Bar:
    """What the context bar of a page shows."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.range = asked.range

    @property
    def range_name(self) -> str:
        """The range in words."""
        return wording.range_name(self.range)

    @property
    def every(self) -> str:
        """The length of a bucket in words."""
        return wording.EVERY[self.range.step]

    @property
    def resolved(self) -> str:
        """The range as it was resolved, with its zone."""
        return f"{wording.span(self.range.window, self.range.zone, self.range.now)}, {self.range.zone.key}"

    @property
    def typed(self) -> str:
        """The range as it can be typed."""
        return f"{self.range.start}..{self.range.end}"

    @property
    def local_start(self) -> str:
        """The start of the range for an input of date and time."""
        return f"{self.range.window.start.astimezone(self.range.zone):%Y-%m-%dT%H:%M}"

    @property
    def local_end(self) -> str:
        """The end of the range for an input of date and time."""
        return f"{self.range.window.end.astimezone(self.range.zone):%Y-%m-%dT%H:%M}"

    @property
    def presets(self) -> list[Choice]:
        """The ranges that are one press away."""
        here = (self.range.start, self.range.end)
        return [
            Choice(name, self.asked.address(start=start, end=end, step=None), (start, end) == here)
            for name, start, end in wording.PRESETS
        ]

    @property
    def steps(self) -> list[Choice]:
        """The lengths of a bucket that suit the range."""
        return [
            Choice(STEP_NAMES[step], self.asked.address(step=step), step == self.range.step)
            for step in self.range.steps
        ]

    @property
    def earlier(self) -> str:
        """The address of the range before."""
        return self._beside(-1)

    @property
    def later(self) -> str:
        """The address of the range after; empty when that lies in the future."""
        return self._beside(1) if self.range.window.end < self.range.now else ""

    def _beside(self, direction: int) -> str:
        start, end = self.range.beside(direction)
        return self.asked.address(start=start, end=end, live=False)

    @property
    def live(self) -> Choice:
        """The switch that lets the page follow the traffic."""
        return Choice("Live", self.asked.address(live=not self.asked.state.live), self.asked.state.live)

    @property
    def permalink(self) -> str:
        """The address that shows the same to everyone at any time: moments and zone are fixed."""
        start, end = self.range.frozen()
        pairs = [("from", start), ("to", end), ("tz", self.range.zone.key), ("step", self.range.step)]
        pairs += self.asked.state.pairs("from", "to", "tz", "step", "live")
        return f"{self.asked.path}?{urlencode(pairs, safe=':,/')}"

    @property
    def range_fields(self) -> list[tuple[str, str]]:
        """What a form for another range must keep."""
        return self.asked.state.pairs("from", "to", "step", "tz", "page")

    @property
    def zones(self) -> list[Choice]:
        """The zones that are one press away: the reader's own, and UTC."""
        own = self.asked.state.own_zone
        return [
            Choice(zone.key, self.asked.address(zone=zone), zone == self.range.zone)
            for zone in dict.fromkeys((own, ZoneInfo("UTC")))
        ]

    @property
    def zone_fields(self) -> list[tuple[str, str]]:
        """What a form for another zone must keep."""
        return self.asked.state.pairs("tz")

    @property
    def filter_fields(self) -> list[tuple[str, str]]:
        """What a form for other filters must keep."""
        return self.asked.state.pairs("api", "version", "tag", "page")

    @property
    def chips(self) -> list[Chip]:
        """The filters, each with the address without it."""
        filters, narrowed = self.asked.state.filters, self.asked.narrowed
        chips = [Chip("API", _listed(self._api_names()), narrowed(apis=()))] if filters.apis else []
        chips += [
            Chip("tag", tag, narrowed(tags=tuple(one for one in filters.tags if one != tag))) for tag in filters.tags
        ]
        for field, name in (
            ("version", "version"),
            ("key", "key"),
            ("oauth_client", "OAuth client"),
            ("country", "country"),
            ("path", "endpoint"),
        ):
            if value := getattr(filters, field):
                words = self._key_name(value) if field == "key" else value
                chips.append(Chip(name, words, narrowed(**{field: ""})))
        return chips

    def _key_name(self, key: str) -> str:
        if key == wording.NO_KEY:
            return "none"
        rows = breakdown(self.asked.scope, self.range.window, KEY, TrafficFilters(key=key), by_api=False, limit=1).rows
        return (rows[0].name if rows else "") or key

    def _api_names(self) -> list[str]:
        apis = self.asked.state.filters.apis
        names = api_names(self.asked.scope, self.asked.window, apis)
        return [names.get(api, api) for api in apis]


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f", +{more}" if more > 0 else "")
