"""REST endpoints of analytics: traffic by time, by API, by key, by endpoint; single requests.

Paths, parameters and bodies are those of the dashboard's REST interface (5.13). Days are whole, both
ends included, in UTC. Answers are ``{"data": [...], "pages": n}``, or CSV.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.analytics import access, queries, rest_reports
from apps.analytics.access import Report, traffic_scope
from apps.analytics.filters import (
    BadParameter,
    LogParameters,
    SeriesParameters,
    TrafficParameters,
    log_filters,
    traffic_filters,
    validated_params,
    whole_days,
)
from apps.analytics.queries import Order, Point
from apps.analytics.queries.records import MAX_COUNTED_RECORDS
from apps.analytics.rest_reports import TIME_COLUMNS, PageRequest, RestReport, bucket_row, order_column
from apps.analytics.serializers import RecordSerializer, TrafficRowSerializer
from apps.core.exceptions import ApplicationError
from apps.core.logging import describe_request
from apps.core.tenancy import scope_of

logger = logging.getLogger(__name__)

UTC_ZONE = ZoneInfo("UTC")
#: Requests that a log without pages holds.
MAX_UNPAGED_RECORDS = 1_000
DATE_PARAMETERS = [
    OpenApiParameter(f"{end}_{unit}", int, OpenApiParameter.PATH, description=f"{unit.title()} of the {end}, UTC.")
    for end in ("start", "end")
    for unit in ("day", "month", "year")
]
TRAFFIC_ROWS_RESPONSE = inline_serializer(
    "TrafficRows", {"data": TrafficRowSerializer(many=True), "pages": serializers.IntegerField()}
)
ERROR_RESPONSES = {
    400: OpenApiResponse(description="A day or a parameter is none, or the key could not be decoded."),
    401: OpenApiResponse(description="Not authorised."),
    403: OpenApiResponse(description="The permission is missing, or the API is not the caller's to see."),
    500: OpenApiResponse(description="Failed to fetch analytics."),
}
RECORDS_RESPONSE = inline_serializer(
    "Records", {"data": RecordSerializer(many=True), "pages": serializers.IntegerField()}
)
ViewMethod = Callable[..., HttpResponseBase]


class AnalyticsUnavailable(ApplicationError):
    """The database did not answer. Status and wording are the documented ones."""

    status = 500
    message = "Failed to fetch analytics"


class UndecodableKey(ApplicationError):
    """A key or client of the path is no text. The wording is the documented one."""

    message = "Key could not be decoded"


def traffic_schema(
    name: str, summary: str, parameters: type[serializers.Serializer[Any]]
) -> Callable[[ViewMethod], ViewMethod]:
    """Describe an endpoint of traffic rows for the OpenAPI document."""
    return cast(
        Callable[[ViewMethod], ViewMethod],
        extend_schema(
            operation_id=f"{name}_read",
            summary=summary,
            parameters=[*DATE_PARAMETERS, parameters],
            responses={
                (200, "application/json"): TRAFFIC_ROWS_RESPONSE,
                (200, "text/csv"): OpenApiTypes.STR,
                **ERROR_RESPONSES,
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
            exc = AnalyticsUnavailable()
        return super().handle_exception(exc)

    def table(
        self, request: Request, dates: dict[str, str], rest_report: RestReport, **filters: Any
    ) -> HttpResponseBase:
        """A table in the order and with the filters that the query asks for."""
        params, scope = validated_params(request, TrafficParameters), traffic_scope(request.user)
        page = PageRequest(request, is_file=params.get("type") == "csv")
        found = queries.breakdown(
            scope,
            whole_days(dates),
            rest_report.dimension,
            traffic_filters(params, scope, **filters),
            by_api=rest_report.by_api,
            order=cast(Order, order_column(params.get("by", "hits"), rest_report.columns)),
            descending=params.get("sort") != "1",
            limit=page.limit,
            offset=page.offset,
        )
        return page.response(
            rest_report.name, list(rest_report.columns), [*map(rest_report.row, found.rows)], found.count
        )

    def series(self, request: Request, dates: dict[str, str], **filters: Any) -> HttpResponseBase:
        """Buckets of time, also those in which nothing came: in order of time unless the query says otherwise."""
        params, scope = validated_params(request, SeriesParameters), traffic_scope(request.user)
        page, step = PageRequest(request, is_file=params.get("type") == "csv"), params.get("res", "day")
        wanted = traffic_filters(params, scope, **filters)
        points = queries.series(scope, whole_days(dates), step, UTC_ZONE, wanted, percentiles=False)
        if "by" in params:
            points.sort(key=_figure(order_column(params["by"], {})))
        if params.get("sort", "-1" if "by" in params else "1") == "-1":
            points.reverse()
        rows = [bucket_row(point, step) for point in page.slice(points)]
        return page.response("usage", TIME_COLUMNS[step], rows, len(points))


def _figure(column: str) -> Callable[[Point], tuple[bool, Any]]:
    """A key that orders points by a figure; those that have none come first."""

    def key(point: Point) -> tuple[bool, Any]:
        figure = getattr(point.totals, column)
        return figure is not None, figure or 0

    return key


class UsageView(AnalyticsView):
    """All traffic by time."""

    audit_actions = {"get": "List Usage"}
    report = access.REQUESTS

    @traffic_schema("usage", "Requests by hour, day or month", SeriesParameters)
    def get(self, request: Request, **dates: str) -> HttpResponseBase:
        """Buckets without requests are there too."""
        return self.series(request, dates)


class UsageOfApisView(AnalyticsView):
    """Traffic by API."""

    audit_actions = {"get": "List Usage By API"}
    report = access.APIS

    @traffic_schema("usage_apis", "Requests by API", TrafficParameters)
    def get(self, request: Request, **dates: str) -> HttpResponseBase:
        """APIs without requests are not there."""
        return self.table(request, dates, rest_reports.USAGE_BY_API)


class UsageOfApiView(AnalyticsView):
    """Traffic of one API."""

    audit_actions = {"get": "Read Usage Of API"}
    report = access.APIS

    @traffic_schema("usage_api", "Requests of one API", TrafficParameters)
    def get(self, request: Request, api: str, **dates: str) -> HttpResponseBase:
        """One row, or none when it had no requests."""
        return self.table(request, dates, rest_reports.USAGE_BY_API, apis=(decoded(api),))


class KeysView(AnalyticsView):
    """Traffic by access key."""

    audit_actions = {"get": "List Activity By Key"}
    report = access.KEYS

    @traffic_schema("activity_keys", "Requests by access key", TrafficParameters)
    def get(self, request: Request, **dates: str) -> HttpResponseBase:
        """`00000000` stands for requests without a key."""
        return self.table(request, dates, rest_reports.ACTIVITY_BY_KEY)


class KeyView(AnalyticsView):
    """Traffic of one access key."""

    audit_actions = {"get": "Read Activity Of Key"}
    report = access.KEYS

    @traffic_schema("activity_key", "Requests of an access key: its errors, or all by time", SeriesParameters)
    def get(self, request: Request, key: str, **dates: str) -> HttpResponseBase:
        """With `res`: its requests by hour, day or month, all of them.

        Without: its **errors** (answers from 400) by status and API. Answers below 400 are not kept by key
        and status; what a key has in all is told by `/api/activity/keys`.
        """
        if "res" in request.query_params:
            return self.series(request, dates, key=decoded(key))
        return self.table(request, dates, rest_reports.ERRORS_OF_KEY, key=decoded(key))


class EndpointsOfKeyView(AnalyticsView):
    """Endpoints that an access key called."""

    audit_actions = {"get": "List Endpoints Of Key"}
    report = access.KEYS

    @traffic_schema("activity_key_endpoints", "Tracked endpoints that an access key called", TrafficParameters)
    def get(self, request: Request, key: str, **dates: str) -> HttpResponseBase:
        """Rows are by path and API."""
        return self.table(request, dates, rest_reports.ENDPOINTS_OF_KEY, key=decoded(key))


class EndpointsOfClientView(AnalyticsView):
    """Endpoints that an OAuth client called."""

    audit_actions = {"get": "List Endpoints Of OAuth Client"}
    report = access.CLIENTS

    @traffic_schema("activity_client_endpoints", "Tracked endpoints that an OAuth client called", TrafficParameters)
    def get(self, request: Request, client: str, **dates: str) -> HttpResponseBase:
        """Rows are by path and API."""
        return self.table(request, dates, rest_reports.ENDPOINTS_OF_CLIENT, oauth_client=decoded(client))


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
        responses={200: RECORDS_RESPONSE, **ERROR_RESPONSES},
    )
    def get(self, request: Request) -> Response:
        """The newest 10,000 of a range can be paged through."""
        scope, page = scope_of(request.user), PageRequest(request)
        window, wanted = log_filters(validated_params(request, LogParameters), scope)
        if page.offset >= MAX_COUNTED_RECORDS:
            raise BadParameter(f"p: the newest {MAX_COUNTED_RECORDS:,} requests have pages; choose a shorter range")
        limit = MAX_UNPAGED_RECORDS if page.limit is None else page.limit
        found = queries.records(scope, window, wanted, limit=limit, offset=page.offset, raw=True)
        pages = 1 if page.limit is None else page.page_count(queries.count(scope, window, wanted))
        return Response({"data": RecordSerializer(found.rows, many=True).data, "pages": pages})
