"""How tables and series of the queries read as the rows of REST answers: columns, order, pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

from apps.analytics import dimensions
from apps.analytics.dimensions import Dimension
from apps.analytics.filters import BadParameter
from apps.analytics.queries import BreakdownRow, Point, Step
from apps.analytics.serializers import Grouping, TrafficRow

#: Figures on the wire and the names that the queries order by.
MEASURES = {
    "hits": "hits",
    "success": "successes",
    "error": "errors",
    "last_hit": "last_hit",
    "request_time": "request_time",
    "latency": "latency",
    "upstream_latency": "upstream_latency",
    "max_upstream_latency": "max_upstream_latency",
    "min_upstream_latency": "min_upstream_latency",
    "max_latency": "max_latency",
    "min_latency": "min_latency",
}
#: The parts of a time that a bucket is named by.
TIMES: Mapping[Step, tuple[str, ...]] = {
    "hour": ("day", "month", "year", "hour"),
    "day": ("day", "month", "year"),
    "month": ("month", "year"),
}


@dataclass(frozen=True)
class Listing:
    """A table of REST: the dimension it is by, and where each column of a row's ``id`` comes from."""

    name: str
    dimension: Dimension
    columns: Mapping[str, Literal["api", "api_name", "value", "detail", "name"]]
    by_api: bool = True

    def row(self, row: BreakdownRow) -> TrafficRow:
        """A row as it is on the wire."""
        found: dict[str, Any] = {name: getattr(row, source) for name, source in self.columns.items()}
        if "code" in found:
            found["code"] = int(found["code"])
        return TrafficRow(Grouping(**found), row.totals)


APIS = Listing("apis", dimensions.TOTAL, {"api_id": "api", "api_name": "api_name"})
KEYS = Listing("keys", dimensions.KEY, {"key": "value", "alias": "name"}, by_api=False)
STATUSES_OF_KEY = Listing("statuses", dimensions.KEY_STATUS, {"code": "detail", "api_id": "api"})
ENDPOINTS_OF_KEY = Listing("endpoints", dimensions.KEY_ENDPOINT, {"path": "detail", "api_id": "api"})
ENDPOINTS_OF_CLIENT = Listing("endpoints", dimensions.CLIENT_ENDPOINT, {"path": "detail", "api_id": "api"})


def column_asked(by: str, columns: Mapping[str, str]) -> str:
    """The column that ``by`` names, whatever its case and punctuation: ``Hits``, ``last_hit``, ``id.path``.

    Raises:
        BadParameter: there is no such column.
    """
    known = {_letters(name): column for name, column in {**columns, **MEASURES}.items()}
    plural = {"errors": "errors", "successes": "successes", "requests": "hits"}
    found = {**plural, **known}.get(_letters(by.lower().removeprefix("id.")))
    if found is None:
        raise BadParameter(f"by: there is no column {by!r}; there are {', '.join([*columns, *MEASURES])}")
    return found


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def bucket_row(point: Point, step: Step) -> TrafficRow:
    """A bucket of time as it is on the wire, named by as many parts of its start as the step has."""
    start = point.start.astimezone(UTC)
    return TrafficRow(Grouping(**{name: getattr(start, name) for name in TIMES[step]}), point.totals)
