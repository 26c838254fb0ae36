"""Tables and series of the queries as REST answers: their columns, order and pages, in JSON or CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

from django.conf import settings
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from apps.analytics import dimensions
from apps.analytics.dimensions import Dimension
from apps.analytics.filters import BadParameter
from apps.analytics.queries import BreakdownRow, Point, Step
from apps.analytics.serializers import Grouping, TrafficRow
from apps.core.exports import download
from apps.core.pagination import requested_page

#: Figures on the wire and the names that the queries order by.
METRIC_FIELDS = {
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
TIME_COLUMNS: Mapping[Step, tuple[str, ...]] = {
    "hour": ("day", "month", "year", "hour"),
    "day": ("day", "month", "year"),
    "month": ("month", "year"),
}

#: No table has so many pages, and its offset is a number that the database takes.
MAX_PAGE = 10**9


@dataclass(frozen=True)
class RestReport:
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


USAGE_BY_API = RestReport("apis", dimensions.TOTAL, {"api_id": "api", "api_name": "api_name"})
ACTIVITY_BY_KEY = RestReport("keys", dimensions.KEY, {"key": "value", "alias": "name"}, by_api=False)
ENDPOINTS_OF_KEY = RestReport("endpoints", dimensions.KEY_ENDPOINT, {"path": "detail", "api_id": "api"})
ENDPOINTS_OF_CLIENT = RestReport("endpoints", dimensions.CLIENT_ENDPOINT, {"path": "detail", "api_id": "api"})


def order_column(by: str, columns: Mapping[str, str]) -> str:
    """The column that ``by`` names, whatever its case and punctuation: ``Hits``, ``last_hit``, ``id.path``.

    Raises:
        BadParameter: there is no such column.
    """
    known = {_letters(name): column for name, column in {**columns, **METRIC_FIELDS}.items()}
    plural = {"errors": "errors", "successes": "successes", "requests": "hits"}
    found = {**plural, **known}.get(_letters(by.lower().removeprefix("id.")))
    if found is None:
        raise BadParameter(f"by: there is no column {by!r}; there are {', '.join([*columns, *METRIC_FIELDS])}")
    return found


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def bucket_row(point: Point, step: Step) -> TrafficRow:
    """A bucket of time as it is on the wire, named by as many parts of its start as the step has."""
    start = point.start.astimezone(UTC)
    return TrafficRow(Grouping(**{name: getattr(start, name) for name in TIME_COLUMNS[step]}), point.totals)


class PageRequest:
    """The page that ``p`` asks for; of a file the whole, unless ``p`` is there."""

    def __init__(self, request: Request, *, is_file: bool = False) -> None:
        number = 0 if is_file and "p" not in request.query_params else min(requested_page(request), MAX_PAGE)
        self.is_file = is_file
        self.limit = settings.PAGE_SIZE if number > 0 else None
        self.offset = (number - 1) * settings.PAGE_SIZE if number > 0 else 0

    def slice(self, rows: Sequence[Point]) -> Sequence[Point]:
        """The rows of the page."""
        return rows[self.offset : None if self.limit is None else self.offset + self.limit]

    def page_count(self, count: int) -> int:
        """How many pages there are; one when everything is on it."""
        return 1 if self.limit is None else max(1, -(-count // self.limit))

    def response(self, name: str, grouping: Sequence[str], rows: Sequence[TrafficRow], count: int) -> HttpResponseBase:
        """Rows in JSON, or in a CSV file with the columns that tell them apart."""
        if not self.is_file:
            return Response({"data": [row.to_json() for row in rows], "pages": self.page_count(count)})
        cells = ([*(getattr(row.id, name) for name in grouping), *row.metrics().values()] for row in rows)
        return download(name, [*grouping, *METRIC_FIELDS], cells)
