"""REST endpoints of analytics: traffic by time, by API, by key, by endpoint; single requests.

Paths, parameters and bodies are those of the dashboard's REST interface (5.13). Days are whole, both
ends included, in UTC. Answers are ``{"data": [...], "pages": n}``, or CSV.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import Error as DatabaseError
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.analytics import access, listings, queries
from apps.analytics.access import Report, traffic_scope
from apps.analytics.filters import (
    BadParameter,
    LogParameters,
    SeriesParameters,
    TrafficParameters,
    checked,
    filters_of,
    records_of,
    whole_days,
)
from apps.analytics.listings import MEASURES, TIMES, Listing, bucket_row, column_asked
from apps.analytics.queries import Order, Point
from apps.analytics.queries.records import MAX_COUNTED_RECORDS
from apps.analytics.serializers import RecordSerializer, TrafficRow, TrafficRowSerializer
from apps.core.exceptions import ApplicationError
from apps.core.exports import download
from apps.core.logging import describe_request
from apps.core.pagination import requested_page
from apps.core.tenancy import scope_of

logger = logging.getLogger(__name__)

UTC_ZONE = ZoneInfo("UTC")
#: No table has so many pages, and its offset is a number that the database takes.
FARTHEST_PAGE = 10**9
#: Requests that a log without pages holds.
MOST_IN_ONE = 1_000
DAYS = [
    OpenApiParameter(f"{end}_{unit}", int, OpenApiParameter.PATH, description=f"{unit.title()} of the {end}, UTC.")
    for end in ("start", "end")
    for unit in ("day", "month", "year")
]
TRAFFIC_ROWS = inline_serializer(
    "TrafficRows", {"data": TrafficRowSerializer(many=True), "pages": serializers.IntegerField()}
)
REFUSALS = {
    400: OpenApiResponse(description="A day or a parameter is none, or the key could not be decoded."),
    401: OpenApiResponse(description="Not authorised."),
    403: OpenApiResponse(description="The permission is missing, or the API is not the caller's to see."),
    500: OpenApiResponse(description="Failed to fetch analytics."),
}
RECORDS = inline_serializer("Records", {"data": RecordSerializer(many=True), "pages": serializers.IntegerField()})
View = Callable[..., HttpResponseBase]


class FetchFailed(ApplicationError):
    """The database did not answer. Status and wording are the documented ones."""

    status = 500
    message = "Failed to fetch analytics"


class UndecodableKey(ApplicationError):
    """A key or client of the path is no text. The wording is the documented one."""

    message = "Key could not be decoded"


def described(name: str, summary: str, parameters: type[serializers.Serializer[Any]]) -> Callable[[View], View]:
    """Describe an endpoint of traffic rows for the OpenAPI document."""
    return cast(
        Callable[[View], View],
        extend_schema(
            operation_id=f"{name}_read",
            summary=summary,
            parameters=[*DAYS, parameters],
            responses={
                (200, "application/json"): TRAFFIC_ROWS,
                (200, "text/csv"): OpenApiTypes.STR,
                **REFUSALS,
            },
        ),
    )


class AnalyticsView(APIView):
    """What the endpoints of analytics share: who may ask, and how rows are answered.

    ``report`` says what an endpoint tells of; it is closed to those who are not shown that.
    """

    permission_object = "analytics"
    report: Report

    def check_permissions(self, request: Request) -> None:
        """Ask for the permission, and whether the report is shown at all."""
        super().check_permissions(request)
        if not access.can_see(request.user, self.report):
            self.permission_denied(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Tell clients what the reference says when the database fails, and the log what happened."""
        if isinstance(exc, DatabaseError):
            logger.error("%s failed", describe_request(self.request), exc_info=exc)
            exc = FetchFailed()
        return super().handle_exception(exc)

    def table(self, request: Request, segments: dict[str, str], listing: Listing, **filters: Any) -> HttpResponseBase:
        """A table in the order and with the filters that the query asks for."""
        given, scope = checked(request, TrafficParameters), traffic_scope(request.user)
        page = Page(request, is_file=given.get("type") == "csv")
        found = queries.breakdown(
            scope,
            whole_days(segments),
            listing.dimension,
            filters_of(given, scope, **filters),
            by_api=listing.by_api,
            order=cast(Order, column_asked(given.get("by", "hits"), listing.columns)),
            descending=given.get("sort") != "1",
            limit=page.limit,
            offset=page.offset,
        )
        return page.answer(listing.name, list(listing.columns), [*map(listing.row, found.rows)], found.count)

    def series(self, request: Request, segments: dict[str, str], **filters: Any) -> HttpResponseBase:
        """Buckets of time, also those in which nothing came: in order of time unless the query says otherwise."""
        given, scope = checked(request, SeriesParameters), traffic_scope(request.user)
        page, step = Page(request, is_file=given.get("type") == "csv"), given.get("res", "day")
        wanted = filters_of(given, scope, **filters)
        points = queries.series(scope, whole_days(segments), step, UTC_ZONE, wanted, percentiles=False)
        if "by" in given:
            points.sort(key=_figure(column_asked(given["by"], {})))
        if given.get("sort", "-1" if "by" in given else "1") == "-1":
            points.reverse()
        rows = [bucket_row(point, step) for point in page.part(points)]
        return page.answer("usage", TIMES[step], rows, len(points))


def _figure(column: str) -> Callable[[Point], tuple[bool, Any]]:
    """A key that orders points by a figure; those that have none come first."""

    def key(point: Point) -> tuple[bool, Any]:
        figure = getattr(point.totals, column)
        return figure is not None, figure or 0

    return key


class Page:
    """The page that ``p`` asks for; of a file the whole, unless ``p`` is there."""

    def __init__(self, request: Request, *, is_file: bool = False) -> None:
        number = 0 if is_file and "p" not in request.query_params else min(requested_page(request), FARTHEST_PAGE)
        self.is_file = is_file
        self.limit = settings.PAGE_SIZE if number > 0 else None
        self.offset = (number - 1) * settings.PAGE_SIZE if number > 0 else 0

    def part(self, rows: Sequence[Point]) -> Sequence[Point]:
        """The rows of the page."""
        return rows[self.offset : None if self.limit is None else self.offset + self.limit]

    def pages(self, count: int) -> int:
        """How many pages there are; one when everything is on it."""
        return 1 if self.limit is None else max(1, -(-count // self.limit))

    def answer(self, name: str, grouping: Sequence[str], rows: Sequence[TrafficRow], count: int) -> HttpResponseBase:
        """Rows in JSON, or in a CSV file with the columns that tell them apart."""
        if not self.is_file:
            return Response({"data": [row.body() for row in rows], "pages": self.pages(count)})
        cells = ([*(getattr(row.id, name) for name in grouping), *row.measures().values()] for row in rows)
        return download(name, [*grouping, *MEASURES], cells)


class UsageView(AnalyticsView):
    """All traffic by time."""

    audit_actions = {"get": "List Usage"}
    report = access.REQUESTS

    @described("usage", "Requests by hour, day or month", SeriesParameters)
    def get(self, request: Request, **segments: str) -> HttpResponseBase:
        """Buckets without requests are there too."""
        return self.series(request, segments)


class UsageOfApisView(AnalyticsView):
    """Traffic by API."""

    audit_actions = {"get": "List Usage By API"}
    report = access.APIS

    @described("usage_apis", "Requests by API", TrafficParameters)
    def get(self, request: Request, **segments: str) -> HttpResponseBase:
        """APIs without requests are not there."""
        return self.table(request, segments, listings.APIS)


class UsageOfApiView(AnalyticsView):
    """Traffic of one API."""

    audit_actions = {"get": "Read Usage Of API"}
    report = access.APIS

    @described("usage_api", "Requests of one API", TrafficParameters)
    def get(self, request: Request, api: str, **segments: str) -> HttpResponseBase:
        """One row, or none when it had no requests."""
        return self.table(request, segments, listings.APIS, apis=(decoded(api),))


class KeysView(AnalyticsView):
    """Traffic by access key."""

    audit_actions = {"get": "List Activity By Key"}
    report = access.KEYS

    @described("activity_keys", "Requests by access key", TrafficParameters)
    def get(self, request: Request, **segments: str) -> HttpResponseBase:
        """`00000000` stands for requests without a key."""
        return self.table(request, segments, listings.KEYS)


class KeyView(AnalyticsView):
    """Traffic of one access key."""

    audit_actions = {"get": "Read Activity Of Key"}
    report = access.KEYS

    @described("activity_key", "Requests of an access key: its errors, or all by time", SeriesParameters)
    def get(self, request: Request, key: str, **segments: str) -> HttpResponseBase:
        """With `res`: its requests by hour, day or month, all of them.

        Without: its **errors** (answers from 400) by status and API. Answers below 400 are not kept by key
        and status; what a key has in all is told by `/api/activity/keys`.
        """
        if "res" in request.query_params:
            return self.series(request, segments, key=decoded(key))
        return self.table(request, segments, listings.STATUSES_OF_KEY, key=decoded(key))


class EndpointsOfKeyView(AnalyticsView):
    """Endpoints that an access key called."""

    audit_actions = {"get": "List Endpoints Of Key"}
    report = access.KEYS

    @described("activity_key_endpoints", "Tracked endpoints that an access key called", TrafficParameters)
    def get(self, request: Request, key: str, **segments: str) -> HttpResponseBase:
        """Rows are by path and API."""
        return self.table(request, segments, listings.ENDPOINTS_OF_KEY, key=decoded(key))


class EndpointsOfClientView(AnalyticsView):
    """Endpoints that an OAuth client called."""

    audit_actions = {"get": "List Endpoints Of OAuth Client"}
    report = access.CLIENTS

    @described("activity_client_endpoints", "Tracked endpoints that an OAuth client called", TrafficParameters)
    def get(self, request: Request, client: str, **segments: str) -> HttpResponseBase:
        """Rows are by path and API."""
        return self.table(request, segments, listings.ENDPOINTS_OF_CLIENT, oauth_client=decoded(client))


def decoded(text: str) -> str:
    """A key, a client or an API as the path tells it. Raises ``UndecodableKey`` when that is no text."""
    if "\0" in text:
        raise UndecodableKey
    return text


class LogsView(AnalyticsView):
    """Single requests, newest first."""

    audit_actions = {"get": "List Requests"}
    permission_object = "log"
    report = access.LOG

    @extend_schema(
        operation_id="logs_read",
        summary="Single requests, newest first",
        parameters=[LogParameters],
        responses={200: RECORDS, **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        """The newest 10,000 of a range can be paged through."""
        scope, page = scope_of(request.user), Page(request)
        window, wanted = records_of(checked(request, LogParameters), scope)
        if page.offset >= MAX_COUNTED_RECORDS:
            raise BadParameter(f"p: the newest {MAX_COUNTED_RECORDS:,} requests have pages; choose a shorter range")
        limit = MOST_IN_ONE if page.limit is None else page.limit
        found = queries.records(scope, window, wanted, limit=limit, offset=page.offset, raw=True)
        pages = 1 if page.limit is None else page.pages(queries.count(scope, window, wanted))
        return Response({"data": RecordSerializer(found.rows, many=True).data, "pages": pages})
