"""The state of an analytics page, which is its address: read from a query string, and written to one.

What is the default is left out of an address. A parameter that is unknown, or has a value that cannot
be, is not obeyed silently: a notice names it, and the default takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.analytics import ranges
from apps.analytics.queries.granularity import STEPS, Retention
from apps.analytics.queries.types import Step, TrafficFilters
from apps.core.timezones import zone_names

START, END = "now-24h", "now"
METRICS = ("requests", "errors", "p50", "p95", "p99")
SERIES = ("success", "other", "client", "server", "errors", "rate", "average", "p50", "p95", "p99")
SORTS = ("name", "hits", "successes", "errors", "error_rate", "p95", "last_hit")
#: Parameters that hold one text of a filter each, and the filter's name.
SINGLE_FILTERS = {"version": "version", "key": "key", "client": "oauth_client", "country": "country", "path": "path"}
LIST_FILTERS = {"api": "apis", "tag": "tags"}
KNOWN = {
    *("from", "to", "range", "tz", "step", "metric", "hide", "view", "live", "sort", "page", "q"),
    *SINGLE_FILTERS,
    *LIST_FILTERS,
}
USUAL_SORT = "-hits"
LONGEST_TEXT = 500


@dataclass(frozen=True)
class State:
    """What a page shows. ``hidden`` of ``None`` means the series that are hidden by default.

    ``zone`` is the one times are read and shown in, ``own_zone`` the reader's, which needs no
    parameter. ``sort`` is a name of ``SORTS``, with a minus for the largest first.
    """

    own_zone: ZoneInfo
    zone: ZoneInfo
    start: str = START
    end: str = END
    step: Step | None = None
    filters: TrafficFilters = field(default_factory=TrafficFilters)
    metric: str = METRICS[0]
    hidden: tuple[str, ...] | None = None
    table: bool = False
    live: bool = False
    sort: str = USUAL_SORT
    page: int = 1
    search: str = ""

    def query(self, **changes: Any) -> str:
        """The query string of this state with some changes, ``?`` included; empty if all is default.

        A change of what is counted begins again at page 1.
        """
        if changes and "page" not in changes:
            changes["page"] = 1
        pairs = _pairs(replace(self, **changes) if changes else self)
        return f"?{urlencode(pairs, safe=':,/')}" if pairs else "?"

    def pairs(self, *without: str) -> list[tuple[str, str]]:
        """The parameters of this state, for the hidden fields of a form."""
        return [(name, value) for name, value in _pairs(self) if name not in without]

    def filtered(self, **changes: Any) -> State:
        """This state with other filters."""
        return replace(self, filters=replace(self.filters, **changes), page=1)

    @property
    def has_filters(self) -> bool:
        """Whether anything is filtered."""
        return self.filters != TrafficFilters()

    def range(self, now: datetime, retention: Retention) -> ranges.Range:
        """The range of this state, resolved."""
        return ranges.resolve(self.start, self.end, self.zone, self.step, now, retention)


def _pairs(state: State) -> list[tuple[str, str]]:
    default = State(state.own_zone, state.own_zone)
    texts = {
        "from": (state.start, default.start),
        "to": (state.end, default.end),
        "tz": (state.zone.key, default.zone.key),
        "step": (state.step or "", ""),
        **{name: (getattr(state.filters, of), "") for name, of in SINGLE_FILTERS.items()},
        "metric": (state.metric, default.metric),
        "hide": ("" if state.hidden is None else ",".join(state.hidden) or "none", ""),
        "view": ("table" if state.table else "", ""),
        "live": ("1" if state.live else "", ""),
        "q": (state.search, ""),
        "sort": (state.sort, default.sort),
        "page": (str(state.page), "1"),
    }
    pairs = [(name, value) for name, (value, usual) in texts.items() if value != usual]
    lists = [(name, value) for name, of in LIST_FILTERS.items() for value in getattr(state.filters, of)]
    return pairs[:3] + lists + pairs[3:]


@dataclass(frozen=True)
class Reading:
    """A state as it was read, what must be said about it, and whether its address should be shortened."""

    state: State
    notices: tuple[str, ...]
    was_typed: bool


def read(given: Mapping[str, Sequence[str]], own_zone: ZoneInfo, now: datetime, retention: Retention) -> Reading:
    """Read the parameters of an address; never raises, whatever they are."""
    reader = _Reader({name: list(values) for name, values in given.items()})
    zone = reader.one("tz", _zone, own_zone)
    start, end = reader.range(zone, now, retention)
    state = State(
        own_zone=own_zone,
        zone=zone,
        start=start,
        end=end,
        step=reader.one("step", _step, None),
        filters=reader.filters(),
        metric=reader.one("metric", _one_of(METRICS), METRICS[0]),
        hidden=reader.one("hide", _hidden, None),
        table=reader.one("view", _one_of(("chart", "table")), "chart") == "table",
        live=reader.one("live", _one_of(("0", "1")), "0") == "1",
        sort=reader.one("sort", _sort, USUAL_SORT),
        page=reader.one("page", _page, 1),
        search=reader.one("q", _text, ""),
    )
    state = reader.fitting(state, now, retention)
    reader.report_unknown()
    return Reading(state, tuple(reader.notices), reader.was_typed)


class _Reader:
    """Takes parameters one by one, and notes what is wrong with them."""

    def __init__(self, given: dict[str, list[str]]) -> None:
        self.given = given
        self.notices: list[str] = []
        self.was_typed = "range" in given or any(not value for values in given.values() for value in values)

    def one(self, name: str, parse: Callable[[str], Any], default: Any) -> Any:
        """The last value of a parameter, parsed; the default when it is missing, empty or wrong."""
        text = (self.given.get(name) or [""])[-1].strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.notice(name, text, str(error))
            return default

    def notice(self, name: str, text: str, reason: str) -> None:
        """Say that a parameter is not obeyed."""
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        self.notices.append(f"“{name}” was left out: “{shown}” {reason}.")

    def range(self, zone: ZoneInfo, now: datetime, retention: Retention) -> tuple[str, str]:
        """The two moments: of ``range`` if something was typed there, else of ``from`` and ``to``."""

        def moment(text: str) -> str:
            ranges.moment(text, now, zone)
            return text

        start, end = self.one("from", moment, START), self.one("to", moment, END)
        start, end = self.one("range", ranges.split, (start, end))
        try:
            ranges.resolve(start, end, zone, None, now, retention)
        except ranges.BadMoment as error:
            typed = (self.given.get("range") or [""])[-1].strip()
            self.notice("range" if typed else "from", typed or start, str(error))
            return START, END
        return start, end

    def filters(self) -> TrafficFilters:
        """Everything that narrows what is counted."""
        return TrafficFilters(
            apis=self.several("api"),
            tags=self.several("tag"),
            **{of: self.one(name, _text, "") for name, of in SINGLE_FILTERS.items()},
        )

    def several(self, name: str) -> tuple[str, ...]:
        """All values of a parameter that may be repeated, each once."""
        given = dict.fromkeys(value.strip() for value in self.given.get(name, ()))
        return tuple(value for value in given if self._is_text(name, value))

    def _is_text(self, name: str, value: str) -> bool:
        try:
            return bool(_text(value))
        except ValueError as error:
            self.notice(name, value, str(error))
            return False

    def fitting(self, state: State, now: datetime, retention: Retention) -> State:
        """Drop a step that does not suit the range: too many bars, one bar, or no longer kept."""
        chosen = state.range(now, retention)
        if state.step and state.step != chosen.step:
            self.notice("step", state.step, "does not suit this range")
            return replace(state, step=None)
        return state

    def report_unknown(self) -> None:
        """Say which parameters mean nothing here."""
        for name in sorted(set(self.given) - KNOWN):
            shown = name if len(name) <= 40 else f"{name[:40]}…"
            self.notices.append(f"“{shown}” was left out: there is no such parameter.")


def _zone(text: str) -> ZoneInfo:
    if text not in zone_names():
        raise ValueError("is no IANA time zone")
    return ZoneInfo(text)


def _step(text: str) -> Step:
    for step in STEPS:
        if step == text:
            return step
    raise ValueError(f"is none of {', '.join(STEPS)}")


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
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise ValueError("is no text that could be looked for")
    return text
