"""The REST endpoint of single requests: ``/api/logs``, paths and answers as of dashboard 5.13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.analytics import access, queries
from apps.analytics.filters import BadParameter, LogParameters, log_filters, validated_params
from apps.analytics.queries import LogFilters, Window
from apps.analytics.queries.records import MAX_COUNTED_RECORDS
from apps.analytics.rest_reports import PageRequest
from apps.analytics.serializers import RecordSerializer
from apps.core.pagination import everything
from apps.core.tenancy import Scope, scope_of

from .traffic import ERROR_RESPONSES, AnalyticsView

RECORDS_RESPONSE = inline_serializer(
    "Records", {"data": RecordSerializer(many=True), "pages": serializers.IntegerField()}
)


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
    def get(self, request: Request) -> HttpResponseBase:
        """The newest 10,000 of a range can be paged through; `p` of 0 or less gives all, however many."""
        scope, page = scope_of(request.user), PageRequest(request)
        window, wanted = log_filters(validated_params(request, LogParameters), scope)
        if page.limit is None:
            return everything("data", _every_record(scope, window, wanted))
        if page.offset >= MAX_COUNTED_RECORDS:
            raise BadParameter(f"p: the newest {MAX_COUNTED_RECORDS:,} requests have pages; choose a shorter range")
        found = queries.records(scope, window, wanted, limit=page.limit, offset=page.offset, raw=True)
        pages = page.page_count(queries.count(scope, window, wanted))
        return Response({"data": RecordSerializer(found.rows, many=True).data, "pages": pages})


def _every_record(scope: Scope, window: Window, wanted: LogFilters) -> Iterator[dict[str, Any]]:
    write = RecordSerializer().to_representation
    return map(write, queries.every_record(scope, window, wanted))
