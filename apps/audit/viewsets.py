"""REST endpoints of the audit log: ``/api/audit-logs``, paths and answers as of dashboard 5.13."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.filters import RecordRestFilter
from apps.audit.models import AuditRecord
from apps.audit.serializers import AuditRecordSerializer, DetailedRecordSerializer, DownloadParameters
from apps.audit.sinks import CSV, JSON, download
from apps.core.exceptions import ApplicationError, Refusal
from apps.core.ids import is_object_id
from apps.core.pagination import PagedList, everything, requested_page
from apps.core.requests import validated
from apps.core.timeouts import SEARCH_TIMEOUT, statement_timeout
from apps.core.viewsets import TenantViewSet

FILE = "application/octet-stream"
#: Records of a search that have pages by number. To count all would be to read the whole log.
MAX_PAGED = 10_000
#: Records that are read at once where all are.
CHUNK = 500


# Documented refusals.
MALFORMED_QUERY: Refusal = (400, "could not retrieve audit records")
MALFORMED_ID: Refusal = (400, "could not retrieve audit record")
MISSING: Refusal = (404, "could not retrieve audit record")
UNREADABLE: Refusal = (500, "Failed to fetch audit record")  # the database did not answer


class PageTooFar(ApplicationError):
    """A page behind those that are counted."""

    message = f"The newest {MAX_PAGED:,} records have pages; narrow the search, or download it"


class NewestPagination(PagedList):
    """The newest records of a search."""

    results_key = "audit_logs"
    without_pages = "every record"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Give the records of the page asked for. Raises ``PageTooFar``."""
        page = requested_page(request)
        if page > 1 and (page - 1) * settings.PAGE_SIZE >= MAX_PAGED:
            raise PageTooFar
        return super().paginate_queryset(queryset[:MAX_PAGED], request, view)


class AuditRecordViewSet(TenantViewSet):
    """Records of the caller's organisation, the newest first. There are no writes."""

    queryset = AuditRecord.objects.all()
    serializer_class = AuditRecordSerializer
    filterset_class = RecordRestFilter
    pagination_class = NewestPagination
    permission_object = "audit_logs"
    missing = {"": MISSING}
    malformed_query = MALFORMED_QUERY
    audit_actions = {"list": "List Audit Logs", "retrieve": "Get Audit Log"}

    @extend_schema(
        operation_id="audit_logs_list",
        summary="Audit records, as a list or as a file.",
        parameters=[DownloadParameters],
        responses={
            200: AuditRecordSerializer(many=True),
            400: OpenApiResponse(
                description="A parameter cannot be read: could not retrieve audit records. Or too much had to be read."
            ),
        },
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Answer a page of records, all of them, or all as a file with ``download=true``."""
        rows: Any = self.filter_queryset(self.get_queryset())
        wanted = validated(request.query_params, DownloadParameters, self.malformed_query).validated_data
        if wanted.get("download"):
            return download(rows, CSV if wanted.get("type", "").lower() == CSV else JSON, FILE)
        if requested_page(request) <= 0:
            return everything("audit_logs", self._every_record(rows))
        with statement_timeout(SEARCH_TIMEOUT):
            page = self.paginate_queryset(rows.without_dumps())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _every_record(self, rows: Any) -> Iterator[dict[str, Any]]:
        """Give the rows as they are listed, some at a time, the newest first."""
        write, rest = self.get_serializer().to_representation, rows.without_dumps().order_by("-pk")
        while found := self._chunk(rest):
            yield from map(write, found)
            rest = rest.filter(pk__lt=found[-1].pk)

    def _chunk(self, rows: Any) -> Sequence[AuditRecord]:
        with statement_timeout(SEARCH_TIMEOUT):
            return list(rows[:CHUNK])

    @extend_schema(operation_id="audit_logs_read", summary="One audit record.", responses=DetailedRecordSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer one record, with what detailed recording kept."""
        if not is_object_id(pk):
            raise ApplicationError.documented(MALFORMED_ID)
        try:
            record: Any = self.get_object()
            return Response(DetailedRecordSerializer(record).data)
        except DatabaseError as error:
            raise ApplicationError.documented(UNREADABLE) from error
