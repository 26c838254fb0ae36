"""What may be asked of lists of versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter

from apps.core.filters import TenantFilterSet, TimeFilter
from apps.history.models import Version


class VersionFilter(TenantFilterSet):
    """Who made a version, and when."""

    user = CharFilter(lookup_expr="icontains", label="User has")

    class Meta:
        model = Version
        fields: Sequence[str] = ()

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """Add the two times, the name of one of which is a word of Python's."""
        start = TimeFilter(method="since", label="From")
        return {**super().get_filters(), "from": start, "to": TimeFilter(method="before", label="Until", is_end=True)}

    def since(self, rows: QuerySet[Version], name: str, value: datetime) -> QuerySet[Version]:
        """Keep versions from a moment on."""
        return rows.filter(created_at__gte=value)

    def before(self, rows: QuerySet[Version], name: str, value: datetime) -> QuerySet[Version]:
        """Keep versions before a moment."""
        return rows.filter(created_at__lt=value)
