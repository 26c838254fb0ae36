"""The toolbar of an analytics page: the range, its steps, the filters, and where each leads."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.analytics import formatting
from apps.analytics.dashboard_query import DashboardQuery, api_names
from apps.analytics.dimensions import KEY
from apps.analytics.queries import breakdown
from apps.analytics.queries.types import Step, TrafficFilters
from apps.analytics.query_params import STEP_VALUES
from apps.core.list_state import FilterChip

MAX_NAMES = 3
STEP_LABELS: dict[Step, str] = {
    "minute": "Minute",
    "quarter_hour": "15 minutes",
    "hour": "Hour",
    "day": "Day",
    "month": "Month",
}


@dataclass(frozen=True)
class ToolbarLink:
    """One of several choices: what it is called, where it leads, whether it is the selected one."""

    label: str
    url: str
    selected: bool


class Toolbar:
    """What the toolbar of a page shows."""

    def __init__(self, query: DashboardQuery) -> None:
        self.query = query
        self.range = query.range

    @property
    def range_label(self) -> str:
        """The range in words."""
        return formatting.range_label(self.range)

    @property
    def interval_label(self) -> str:
        """The length of a bucket in words."""
        return formatting.INTERVAL_LABELS[self.range.step]

    @property
    def resolved_range(self) -> str:
        """The range as it was resolved, with its zone."""
        return f"{formatting.window_label(self.range.window, self.range.zone, self.range.now)}, {self.range.zone.key}"

    @property
    def input_value(self) -> str:
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
    def presets(self) -> list[ToolbarLink]:
        """The ranges that are one press away."""
        here = (self.range.start, self.range.end)
        return [
            ToolbarLink(name, self.query.url(start=start, end=end, step=None), (start, end) == here)
            for name, start, end in formatting.PRESETS
        ]

    @property
    def steps(self) -> list[ToolbarLink]:
        """The lengths of a bucket that suit the range."""
        return [
            ToolbarLink(STEP_LABELS[step], self.query.url(step=step), step == self.range.step)
            for step in self.range.steps
        ]

    @property
    def previous_url(self) -> str:
        """The URL of the range before."""
        return self._shifted_url(-1)

    @property
    def next_url(self) -> str:
        """The URL of the range after; empty when that lies in the future."""
        return self._shifted_url(1) if self.range.window.end < self.range.now else ""

    def _shifted_url(self, direction: int) -> str:
        start, end = self.range.shifted(direction)
        return self.query.url(start=start, end=end, live=False)

    @property
    def live(self) -> ToolbarLink:
        """The switch that lets the page follow the traffic."""
        return ToolbarLink("Live", self.query.url(live=not self.query.params.live), self.query.params.live)

    @property
    def permalink(self) -> str:
        """The URL that shows the same to everyone at any time: moments and zone are fixed."""
        start, end = self.range.absolute()
        items = [("from", start), ("to", end), ("tz", self.range.zone.key), ("step", STEP_VALUES[self.range.step])]
        items += self.query.params.hidden_fields("from", "to", "tz", "step", "live")
        return f"{self.query.path}?{urlencode(items, safe=':,/')}"

    @property
    def range_fields(self) -> list[tuple[str, str]]:
        """What a form for another range must keep."""
        return self.query.params.hidden_fields("from", "to", "step", "tz", "page")

    @property
    def zones(self) -> list[ToolbarLink]:
        """The zones that are one press away: the reader's own, and UTC."""
        own = self.query.params.own_zone
        return [
            ToolbarLink(zone.key, self.query.url(zone=zone), zone == self.range.zone)
            for zone in dict.fromkeys((own, ZoneInfo("UTC")))
        ]

    @property
    def zone_fields(self) -> list[tuple[str, str]]:
        """What a form for another zone must keep."""
        return self.query.params.hidden_fields("tz")

    @property
    def filter_fields(self) -> list[tuple[str, str]]:
        """What a form for other filters must keep."""
        return self.query.params.hidden_fields("api", "version", "tag", "page")

    @property
    def chips(self) -> list[FilterChip]:
        """The filters, each with the URL without it."""
        filters, filtered_url = self.query.params.filters, self.query.filtered_url
        chips = [FilterChip("API", _listed(self._api_names()), filtered_url(apis=()))] if filters.apis else []
        chips += [
            FilterChip("tag", tag, filtered_url(tags=tuple(one for one in filters.tags if one != tag)))
            for tag in filters.tags
        ]
        for field, name in (
            ("version", "version"),
            ("key", "key"),
            ("oauth_client", "OAuth client"),
            ("country", "country"),
            ("path", "endpoint"),
        ):
            if value := getattr(filters, field):
                text = self._key_name(value) if field == "key" else value
                chips.append(FilterChip(name, text, filtered_url(**{field: ""})))
        return chips

    def _key_name(self, key: str) -> str:
        if key == formatting.NO_KEY:
            return "none"
        rows = breakdown(self.query.scope, self.range.window, KEY, TrafficFilters(key=key), by_api=False, limit=1).rows
        return (rows[0].name if rows else "") or key

    def _api_names(self) -> list[str]:
        apis = self.query.params.filters.apis
        names = api_names(self.query.scope, self.query.window, apis)
        return [names.get(api, api) for api in apis]


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f", +{more}" if more > 0 else "")
