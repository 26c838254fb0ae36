"""Filters of lists: what may be asked of one by query parameters, the same for REST, pages and staff site."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]  # it ships no types
    """Keeps what a person searching for a text may mean: asks ``search`` of the queryset."""

    MAX_LENGTH = 254

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": self.MAX_LENGTH, "label": "Search", **options})

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        """Keep those."""
        rows: Any = qs
        found: QuerySet[Any] = rows.search(value) if value else qs
        return found
