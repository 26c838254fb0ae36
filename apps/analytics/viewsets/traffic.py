"""REST endpoints of traffic: by time, by API, by key, by endpoint.

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
    SeriesParameters,
    TrafficParameters,
    series_step,
    traffic_filters,
    validated_params,
    whole_days,
)
from apps.analytics.queries import Order, Point
from apps.analytics.rest_reports import TIME_COLUMNS, PageRequest, RestReport, bucket_row, order_column
from apps.analytics.serializers import TrafficRowSerializer
from apps.core.exceptions import ApplicationError
from apps.core.logging import describe_request

logger = logging.getLogger(__name__)

UTC_ZONE = ZoneInfo("UTC")
#: Keys whose traffic can be added up.
MAX_KEYS = 100
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
            traffic_filters(params, request.user, **filters),
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
        page, window = PageRequest(request, is_file=params.get("type") == "csv"), whole_days(dates)
        wanted, step = traffic_filters(params, request.user, **filters), series_step(params, window)
        points = queries.series(scope, window, step, UTC_ZONE, wanted, percentiles=False, split_errors=False)
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
        """`00000000` stands for requests without a key, `⟨other⟩` for keys too rare to be counted apart."""
        return self.table(request, dates, rest_reports.ACTIVITY_BY_KEY)


class KeyView(AnalyticsView):
    """Traffic of one access key."""

    audit_actions = {"get": "Read Activity Of Key"}
    report = access.KEYS

    @traffic_schema("activity_key", "Requests of an access key: by endpoint, or by time", SeriesParameters)
    def get(self, request: Request, key: str, **dates: str) -> HttpResponseBase:
        """With `res`: its requests by hour, day or month. Without: its tracked endpoints, by path and API."""
        if "res" in request.query_params:
            return self.series(request, dates, key=decoded(key))
        return self.table(request, dates, rest_reports.ENDPOINTS_OF_KEY, key=decoded(key))


class KeysTogetherView(AnalyticsView):
    """Traffic of several access keys added up."""

    audit_actions = {"get": "Read Activity Of Keys"}
    report = access.KEYS

    @traffic_schema("activity_keys_aggregate", "Requests of several access keys together, by time", SeriesParameters)
    def get(self, request: Request, keys: str, **dates: str) -> HttpResponseBase:
        """`keys` are apart by commas, of which one may be the last sign; at most 100."""
        first, *others = named = list(dict.fromkeys(filter(None, decoded(keys).split(",")))) or [""]
        if not first or len(named) > MAX_KEYS:
            raise BadParameter(f"The path must name 1 to {MAX_KEYS} keys, apart by commas")
        return self.series(request, dates, key=first, more_keys=tuple(others))


class ClientView(AnalyticsView):
    """Traffic of one OAuth client."""

    audit_actions = {"get": "Read Activity Of OAuth Client"}
    report = access.CLIENTS

    @traffic_schema("activity_client", "Requests of an OAuth client: by endpoint, or by time", SeriesParameters)
    def get(self, request: Request, client: str, **dates: str) -> HttpResponseBase:
        """With `res`: its requests by hour, day or month. Without: its tracked endpoints, by path and API."""
        if "res" in request.query_params:
            return self.series(request, dates, oauth_client=decoded(client))
        return self.table(request, dates, rest_reports.ENDPOINTS_OF_CLIENT, oauth_client=decoded(client))


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
