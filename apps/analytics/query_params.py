"""The parameters of an analytics page: all it shows is in its URL, so what is read here can also be written.

What is the default is left out of a URL. A parameter that is unknown, or has a value that cannot be, is not
obeyed silently: a notice names it, and the default takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.analytics import ranges
from apps.analytics.queries.granularity import Retention
from apps.analytics.queries.types import MOST_APIS, MOST_TAGS, Step, TrafficFilters
from apps.core.timezones import zone_names

DEFAULT_START, DEFAULT_END = "now-24h", "now"
METRICS = ("requests", "errors", "p50", "p95", "p99")
SERIES = ("success", "other", "client", "server", "errors", "rate", "average", "p50", "p95", "p99")
SORTS = ("name", "hits", "successes", "errors", "error_rate", "p95", "last_hit")
DEFAULT_SORT = "-hits"
#: How steps are written in a URL, from fine to coarse.
STEP_VALUES: dict[Step, str] = {
    "minute": "minute",
    "quarter_hour": "15m",
    "hour": "hour",
    "day": "day",
    "month": "month",
}
#: How steps were written once: saved URLs still say so.
OLD_STEP_VALUES: dict[str, Step] = {"quarter": "quarter_hour"}
#: Parameters that hold one text of a filter each, and the filter's name.
SINGLE_FILTERS = {"version": "version", "key": "key", "client": "oauth_client", "country": "country", "path": "path"}
LIST_FILTERS = {"api": "apis", "tag": "tags"}
KNOWN_PARAMS = {
    *("from", "to", "range", "tz", "step", "metric", "hide", "view", "live", "sort", "page", "q"),
    *SINGLE_FILTERS,
    *LIST_FILTERS,
}
MAX_TEXT_LENGTH = 500


@dataclass(frozen=True)
class DashboardParams:
    """What a page shows. ``hidden`` of ``None`` means the series that are hidden by default.

    ``zone`` is the one times are read and shown in, ``own_zone`` the reader's, which needs no
    parameter. ``sort`` is a name of ``SORTS``, with a minus for the largest first.
    """

    own_zone: ZoneInfo
    zone: ZoneInfo
    start: str = DEFAULT_START
    end: str = DEFAULT_END
    step: Step | None = None
    filters: TrafficFilters = field(default_factory=TrafficFilters)
    metric: str = METRICS[0]
    hidden: tuple[str, ...] | None = None
    table: bool = False
    live: bool = False
    sort: str = DEFAULT_SORT
    page: int = 1
    search: str = ""

    def query_string(self, **changes: Any) -> str:
        """The query string of these parameters with some changes, ``?`` included; empty if all is default.

        A change of what is counted begins again at page 1.
        """
        if changes and "page" not in changes:
            changes["page"] = 1
        items = _items(replace(self, **changes) if changes else self)
        return f"?{urlencode(items, safe=':,/')}" if items else ""

    def hidden_fields(self, *without: str) -> list[tuple[str, str]]:
        """The parameters but some, for the hidden fields of a form."""
        return [(name, value) for name, value in _items(self) if name not in without]

    def with_filters(self, **changes: Any) -> DashboardParams:
        """The same with some filters changed."""
        return replace(self, filters=replace(self.filters, **changes), page=1)

    @property
    def has_filters(self) -> bool:
        """Whether anything is filtered."""
        return self.filters != TrafficFilters()

    def range(self, now: datetime, retention: Retention) -> ranges.Range:
        """The range of time, resolved."""
        return ranges.resolve(self.start, self.end, self.zone, self.step, now, retention)


def _items(params: DashboardParams) -> list[tuple[str, str]]:
    default = DashboardParams(params.own_zone, params.own_zone)
    texts = {
        "from": (params.start, default.start),
        "to": (params.end, default.end),
        "tz": (params.zone.key, default.zone.key),
        "step": (STEP_VALUES[params.step] if params.step else "", ""),
        **{name: (getattr(params.filters, field), "") for name, field in SINGLE_FILTERS.items()},
        "metric": (params.metric, default.metric),
        "hide": ("" if params.hidden is None else ",".join(params.hidden) or "none", ""),
        "view": ("table" if params.table else "", ""),
        "live": ("1" if params.live else "", ""),
        "q": (params.search, ""),
        "sort": (params.sort, default.sort),
        "page": (str(params.page), "1"),
    }
    items = [(name, value) for name, (value, usual) in texts.items() if value != usual]
    lists = [(name, value) for name, field in LIST_FILTERS.items() for value in getattr(params.filters, field)]
    return items[:3] + lists + items[3:]


@dataclass(frozen=True)
class ParsedParams:
    """Parameters as they were read, what must be said about them, and whether a form sent them."""

    params: DashboardParams
    notices: tuple[str, ...]
    from_form: bool


def parse(data: Mapping[str, Sequence[str]], own_zone: ZoneInfo, now: datetime, retention: Retention) -> ParsedParams:
    """Read the parameters of a query string; never raises, whatever they are."""
    parser = _Parser({name: list(values) for name, values in data.items()})
    zone = parser.value("tz", _zone, own_zone)
    start, end = parser.range(zone, now, retention)
    params = DashboardParams(
        own_zone=own_zone,
        zone=zone,
        start=start,
        end=end,
        step=parser.value("step", _step, None),
        filters=parser.filters(),
        metric=parser.value("metric", _one_of(METRICS), METRICS[0]),
        hidden=parser.value("hide", _hidden, None),
        table=parser.value("view", _one_of(("chart", "table")), "chart") == "table",
        live=parser.value("live", _one_of(("0", "1")), "0") == "1",
        sort=parser.value("sort", _sort, DEFAULT_SORT),
        page=parser.value("page", _page, 1),
        search=parser.value("q", _text, ""),
    )
    params = parser.without_unsuitable_step(params, now, retention)
    parser.report_unknown()
    return ParsedParams(params, tuple(parser.notices), parser.from_form)


class _Parser:
    """Takes parameters one by one, and notes what is wrong with them."""

    def __init__(self, data: dict[str, list[str]]) -> None:
        self.data = data
        self.notices: list[str] = []
        # Only forms have a typed range and send what is empty.
        self.from_form = "range" in data or any(not value for values in data.values() for value in values)

    def value(self, name: str, parse: Callable[[str], Any], default: Any) -> Any:
        """The last value of a parameter, parsed; the default when it is missing, empty or wrong."""
        text = (self.data.get(name) or [""])[-1].strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.add_notice(name, text, str(error))
            return default

    def add_notice(self, name: str, text: str, reason: str) -> None:
        """Say that a parameter is not obeyed."""
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        self.notices.append(f"“{name}” was left out: “{shown}” {reason}.")

    def range(self, zone: ZoneInfo, now: datetime, retention: Retention) -> tuple[str, str]:
        """The two moments: of ``range`` if something was typed there, else of ``from`` and ``to``."""

        def moment(text: str) -> str:
            ranges.parse_moment(text, now, zone)
            return text

        start, end = self.value("from", moment, DEFAULT_START), self.value("to", moment, DEFAULT_END)
        start, end = self.value("range", ranges.split_range, (start, end))
        try:
            ranges.resolve(start, end, zone, None, now, retention)
        except ranges.InvalidMoment as error:
            typed = (self.data.get("range") or [""])[-1].strip()
            self.add_notice("range" if typed else "from", typed or start, str(error))
            return DEFAULT_START, DEFAULT_END
        return start, end

    def filters(self) -> TrafficFilters:
        """Everything that narrows what is counted."""
        return TrafficFilters(
            apis=self.values("api", MOST_APIS),
            tags=self.values("tag", MOST_TAGS),
            **{field: self.value(name, _text, "") for name, field in SINGLE_FILTERS.items()},
        )

    def values(self, name: str, most: int) -> tuple[str, ...]:
        """The values of a parameter that may be repeated, each once, and no more than ``most``."""
        values = list(dict.fromkeys(value.strip() for value in self.data.get(name, ())))
        if len(values) > most:
            self.notices.append(f"“{name}”: only the first {most} of {len(values)} values count.")
        return tuple(value for value in values[:most] if self._is_text(name, value))

    def _is_text(self, name: str, value: str) -> bool:
        try:
            return bool(_text(value))
        except ValueError as error:
            self.add_notice(name, value, str(error))
            return False

    def without_unsuitable_step(self, params: DashboardParams, now: datetime, retention: Retention) -> DashboardParams:
        """Drop a step that does not suit the range: too many bars, one bar, or no longer kept."""
        if params.step and params.step != params.range(now, retention).step:
            self.add_notice("step", STEP_VALUES[params.step], "does not suit this range")
            return replace(params, step=None)
        return params

    def report_unknown(self) -> None:
        """Say which parameters mean nothing here."""
        for name in sorted(set(self.data) - KNOWN_PARAMS):
            shown = name if len(name) <= 40 else f"{name[:40]}…"
            self.notices.append(f"“{shown}” was left out: there is no such parameter.")


def _zone(text: str) -> ZoneInfo:
    if text not in zone_names():
        raise ValueError("is no IANA time zone")
    return ZoneInfo(text)


def _step(text: str) -> Step:
    known = {value: step for step, value in STEP_VALUES.items()} | OLD_STEP_VALUES
    if text not in known:
        raise ValueError(f"is none of {', '.join(STEP_VALUES.values())}")
    return known[text]


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"is none of {', '.join(names)}")
        return text

    return parse


def _hidden(text: str) -> tuple[str, ...]:
    names = () if text == "none" else tuple(text.split(","))
    if unknown := [name for name in names if name not in SERIES]:
        raise ValueError(f"names {unknown[0]}, which is none of {', '.join(SERIES)}")
    return names


def _sort(text: str) -> str:
    return _one_of(SORTS)(text.removeprefix("-")) and text


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text)):
        raise ValueError("is no page number")
    return int(text)


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH or "\x00" in text:
        raise ValueError("is no text that could be looked for")
    return text
