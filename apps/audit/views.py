"""The audit pages: records with filters, one record with its diff, files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import cached_property

from apps.audit.diff import FieldChange, field_changes
from apps.audit.filters import RecordPageFilter
from apps.audit.models import AuditRecord
from apps.audit.querysets import AuditRecordQuerySet
from apps.audit.sinks import CSV, JSON, download
from apps.core.ids import is_object_id
from apps.core.list_state import ListState, Paging
from apps.core.requests import user_of
from apps.core.timeouts import SEARCH_TIMEOUT, QueryTimeout, statement_timeout
from apps.core.views import PermissionRequiredView

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
PAGE_SIZE = 50

#: The page goes on from a record: an older one, or a newer one.
BY_RECORD: Paging = {"before": is_object_id, "after": is_object_id}


class AuditView(PermissionRequiredView):
    """What the audit pages share: the permission, and the records that the person may see."""

    permission = "audit_logs"
    paging: Paging = BY_RECORD

    def rows(self) -> AuditRecordQuerySet:
        """The records of the person's organisation."""
        return AuditRecord.objects.visible_to(user_of(self.request))

    @cached_property
    def state(self) -> ListState:
        """What the URL asks for."""
        return ListState(self.request, RecordPageFilter, paging=self.paging)

    def render(self, template: str, **context: Any) -> HttpResponse:
        """Show a page, or a part of it."""
        return render(self.request, template, {"page": "audit", "zone": user_of(self.request).zone.key, **context})


class AuditPage(AuditView):
    """The page around the list: what is looked for, and where to change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page, at the shortest URL of its state; the list is fetched beside it."""
        if "" in request.GET.values():  # a form sends its empty fields too
            return HttpResponseRedirect(request.path + self.state.query_string())
        response = self.render("audit/page.html", state=self.state, methods=METHODS)
        if getattr(request, "htmx", False):
            response["HX-Push-Url"] = request.get_full_path()
        return response


class AuditRecords(AuditView):
    """The list, as a fragment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of records, or why there are none."""
        try:
            page = keyset_page(self.rows(), self.state)
        except QueryTimeout:
            return self.render("audit/_records.html", empty={"reason": "too slow"})
        empty = None if page.records else self._why_empty()
        return self.render("audit/_records.html", state=self.state, page_obj=page, empty=empty)

    def _why_empty(self) -> dict[str, Any]:
        last: datetime | None = self.rows().values_list("timestamp", flat=True).first()
        if not settings.AUDIT_ENABLED or settings.AUDIT_STORE_TYPE != "db":
            return {"reason": "not kept", "last": last, "file": settings.AUDIT_STORE_TYPE == "file"}
        if last is None:
            return {"reason": "nothing yet"}
        return {"reason": "filtered out" if {*self.state.filters} - {"from", "to"} else "nothing then", "last": last}


class AuditFile(AuditView):
    """Every record that is looked for, as a file."""

    paging = dict.fromkeys(BY_RECORD, bool)  # it has them all, wherever the page was

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the file; one that would not be what was looked for is refused, since nobody would see that."""
        if kind not in {CSV, JSON}:
            raise Http404
        if notices := self.state.notices:
            return HttpResponse("\n".join(notices), "text/plain; charset=utf-8", status=HTTPStatus.BAD_REQUEST)
        return download(self.state.rows(self.rows()), kind)


class AuditRecordPage(AuditView):
    """One record: its fields, what changed, and what detailed recording kept."""

    def get(self, request: HttpRequest, audit_record: str) -> HttpResponse:
        """Show the record."""
        found = self.rows().filter(pk=audit_record).first()
        if found is None:
            raise Http404
        subjects: dict[str, list[FieldChange]] = {name: field_changes(fields) for name, fields in found.changes.items()}
        return self.render("audit/record.html", record=found, subjects=subjects)


@dataclass(frozen=True)
class KeysetPage:
    """Records, the newest first, and the query strings of the pages beside this one ("" for none)."""

    records: list[AuditRecord]
    newer: str
    older: str


def keyset_page(rows: AuditRecordQuerySet, state: ListState) -> KeysetPage:
    """Give the page that is asked for. Raises ``QueryTimeout``."""
    with statement_timeout(SEARCH_TIMEOUT):
        return _page(state.rows(rows).without_dumps(), state)


def _page(matching: AuditRecordQuerySet, state: ListState) -> KeysetPage:
    before, after = state.values.get("before"), state.values.get("after")
    if after and not before:
        found = list(matching.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
        records, has_newer, has_older = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    else:
        found = list((matching.filter(pk__lt=before) if before else matching)[: PAGE_SIZE + 1])
        records, has_newer, has_older = found[:PAGE_SIZE], bool(before), len(found) > PAGE_SIZE
    if not records:
        return KeysetPage([], "", "")
    newer = state.restarted(after=records[0].pk) if has_newer else ""
    return KeysetPage(records, newer, state.restarted(before=records[-1].pk) if has_older else "")
