"""The audit pages: records with filters, one record with its diff, files."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from apps.audit.asked import Asked
from apps.audit.diff import FieldChange, field_changes
from apps.audit.exports import CSV, JSON, as_file
from apps.audit.models import AuditRecord
from apps.audit.pages import page_of
from apps.audit.querysets import AuditRecordQuerySet
from apps.core.requests import user_of
from apps.core.timeouts import QueryTimeout
from apps.core.views import PermissionRequiredView

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class AuditView(PermissionRequiredView):
    """What the audit pages share: the permission, and the records that the person may see."""

    permission = "audit_logs"

    def rows(self) -> AuditRecordQuerySet:
        """The records of the person's organisation."""
        return AuditRecord.objects.visible_to(user_of(self.request))

    def asked(self) -> Asked:
        """What the address asks for."""
        return Asked(self.request.GET.dict(), user_of(self.request).zone)


class AuditPage(AuditView):
    """The page around the list: what is looked for, and where to change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page, at the shortest address of its state; the list is fetched beside it."""
        asked = self.asked()
        if "" in request.GET.values():  # a form sends its empty fields too
            return HttpResponseRedirect(request.path + asked.query())
        for name in ("before", "after"):
            asked.place(name)
        context = {"page": "audit", "query_params": asked, "methods": METHODS, "zone": asked.zone.key}
        response = render(request, "audit/page.html", context)
        if getattr(request, "htmx", False):
            response["HX-Push-Url"] = request.get_full_path()
        return response


class AuditRecords(AuditView):
    """The list, as a fragment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of records, or why there are none."""
        asked = self.asked()
        context: dict[str, Any] = {"query_params": asked, "zone": asked.zone.key}
        try:
            context["page_obj"] = page_of(self.rows(), asked)
        except QueryTimeout:
            context["empty"] = {"reason": "too slow"}
        else:
            if not context["page_obj"].records:
                context["empty"] = self._why_empty(asked)
        return render(request, "audit/_records.html", context)

    def _why_empty(self, asked: Asked) -> dict[str, Any]:
        last: datetime | None = self.rows().values_list("timestamp", flat=True).first()
        if not settings.AUDIT_ENABLED or settings.AUDIT_STORE_TYPE != "db":
            return {"reason": "not kept", "last": last, "file": settings.AUDIT_STORE_TYPE == "file"}
        if last is None:
            return {"reason": "nothing yet"}
        return {"reason": "filtered out" if asked.sought.narrows else "nothing then", "last": last}


class AuditFile(AuditView):
    """Every record that is looked for, as a file."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the file; one that would not be what was looked for is refused, since nobody would see that."""
        if kind not in {CSV, JSON}:
            raise Http404
        asked = self.asked()
        if asked.notices:
            return HttpResponse("\n".join(asked.notices), "text/plain; charset=utf-8", status=HTTPStatus.BAD_REQUEST)
        return as_file(self.rows().matching(asked.sought), kind)


class AuditRecordPage(AuditView):
    """One record: its fields, what changed, and what detailed recording kept."""

    def get(self, request: HttpRequest, audit_record: str) -> HttpResponse:
        """Show the record."""
        found = self.rows().filter(pk=audit_record).first()
        if found is None:
            raise Http404
        subjects: dict[str, list[FieldChange]] = {name: field_changes(fields) for name, fields in found.changes.items()}
        context = {"page": "audit", "record": found, "subjects": subjects, "zone": user_of(request).zone.key}
        return render(request, "audit/record.html", context)
