"""What may be asked of the audit log: by the page, where a part of a word will do, and by REST, where it must be whole.

A day is whole: on the page it is one in the reader's zone, in REST one in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from django_filters import CharFilter

from apps.audit.models import AuditRecord
from apps.audit.querysets import AuditRecordQuerySet
from apps.core.filters import IntegerFilter, TenantFilterSet, TimeFilter, UTCDayFilter


class RecordFilter(TenantFilterSet):
    """What means the same on the page and in REST, and how the rest of it is looked for."""

    status = IntegerFilter(label="Status is", min_value=0, max_value=999)
    url = CharFilter(
        method="with_path",
        label="Path has",
        help_text="A part of the path, in its case; the query string is not searched.",
    )
    ip = CharFilter(label="Address is")

    class Meta:
        model = AuditRecord
        fields = ["user", "action", "method", "status", "url", "ip"]

    def with_path(self, rows: AuditRecordQuerySet, name: str, value: str) -> AuditRecordQuerySet:
        """Keep records whose path has a part."""
        return rows.with_path(value)

    def since(self, rows: AuditRecordQuerySet, name: str, value: datetime) -> AuditRecordQuerySet:
        """Keep records from a moment on."""
        return rows.since(value)

    def before(self, rows: AuditRecordQuerySet, name: str, value: datetime) -> AuditRecordQuerySet:
        """Keep records before a moment."""
        return rows.before(value)


class RecordPageFilter(RecordFilter):
    """What the page looks for."""

    user = CharFilter(lookup_expr="icontains", label="User has")
    action = CharFilter(lookup_expr="icontains", label="Action has")
    method = CharFilter(lookup_expr="iexact", label="Method is", validators=[RegexValidator(r"\A[A-Za-z]{1,16}\Z")])

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """Add the two times, the name of one of which is a word of Python's."""
        start = TimeFilter(method="since", label="From")
        return {**super().get_filters(), "from": start, "to": TimeFilter(method="before", label="Until", is_end=True)}


class RecordRestFilter(RecordFilter):
    """The parameters of ``GET /api/audit-logs`` (dashboard REST, 5.13); those without a value do not narrow."""

    user = CharFilter(lookup_expr="iexact", help_text="E-mail address of who did it.")
    action = CharFilter(lookup_expr="iexact", help_text="Title, such as `Update User`.")
    method = CharFilter(lookup_expr="iexact")
    from_date = UTCDayFilter(method="since", help_text="First day, UTC.")
    to_date = UTCDayFilter(method="before", is_end=True, help_text="Last day, UTC.")
