"""Audit records on the staff site: to be read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.audit.diff import field_changes
from apps.audit.models import AuditRecord
from apps.core.admin import NewestPaginator, ServiceAdmin

DIFF_HEAD = "<table><thead><tr><th>Of</th><th>Field</th><th>Before</th><th>After</th></tr></thead>{}</table>"
DIFF_ROW = "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"


@admin.register(AuditRecord)
class AuditRecordAdmin(ServiceAdmin):
    """Records of the editor's organisation; super users see all."""

    permission_object = "audit_logs"
    list_display = ["timestamp", "user", "action", "method", "url", "status", "ip", "organisation"]
    list_filter = ["timestamp", "method", "status"]
    search_fields = ["=id", "=request_id", "user", "action", "url", "=ip", "=subject"]
    search_help_text = "User, action, URL, or an exact address, request id or id of what was changed."
    ordering = ["-id"]
    date_hierarchy = None
    paginator = NewestPaginator
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["timestamp", "user", "action", "method", "url", "status", "ip"]}),
        ("What changed", {"fields": ["kind", "subject", "what_changed"]}),
        ("Detailed recording", {"fields": ["request_dump", "response_dump"], "classes": ["collapse"]}),
        ("Identity", {"fields": ["id", "request_id", "organisation", "sequence", "digest"]}),
    ]

    @admin.display(description="Diff")
    def what_changed(self, record: AuditRecord) -> SafeString | str:
        """Show the diff as a table."""
        rows = [
            (subject, one.field, one.before or "–", one.after or "–")
            for subject, fields in record.changes.items()
            for one in field_changes(fields)
        ]
        return format_html(DIFF_HEAD, format_html_join("", DIFF_ROW, rows)) if rows else "Nothing"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Nothing can be edited."""
        return [name for _, options in self.fieldsets or [] for name in options["fields"]]
