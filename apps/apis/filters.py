"""What may be asked of the list of APIs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from apps.apis.classic import API_TYPES, AUTH_TYPES
from apps.apis.models import Api
from apps.core.filters import SearchFilter, TenantFilterSet

INTERNAL = "internal"
#: What lists are sorted by; names without regard to capital letters.
BY: dict[str, F | Lower] = {"name": Lower("name"), **{name: F(name) for name in ("created_at", "updated_at")}}
#: What stands in ``sort`` → the order.
SORTS = {name: (by.asc(), "pk") for name, by in BY.items()} | {f"-{name}": (by.desc(), "pk") for name, by in BY.items()}


class ListFilter(django_filters.Filter):  # type: ignore[misc]  # it ships no types
    """Any of several values, with commas between them: ``words`` says of what."""

    def __init__(self, words: str, **options: Any) -> None:
        super().__init__(**{"help_text": f"Any of several, with commas between them: {words}.", **options})

    def filter(self, qs: QuerySet[Api], value: str | None) -> QuerySet[Api]:
        """Keep the rows with any of the values."""
        found: QuerySet[Api] = super().filter(qs, listed(value) or None)
        return found


def listed(text: str | None) -> list[str]:
    """Give the values of a text that has commas between them."""
    return [one.strip() for one in (text or "").split(",") if one.strip()]


class ApiFilter(TenantFilterSet):
    """A text in the name, path or upstream; categories, ways to authenticate and types, any of several each."""

    q = SearchFilter()
    category = ListFilter("categories", field_name="categories", lookup_expr="overlap")
    auth_type = ListFilter(", ".join(AUTH_TYPES), field_name="auth_type", lookup_expr="in")
    api_type = ListFilter(", ".join((*API_TYPES, INTERNAL)), method="filter_types")
    base_apis = django_filters.CharFilter(method="filter_base", help_text="Any value: no versions of other APIs.")
    sort = django_filters.CharFilter(method="sort_by", help_text=f"One of {', '.join(SORTS)}.")

    class Meta:
        model = Api
        fields: Sequence[str] = ()

    def filter_types(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep APIs of any of some types; ``internal`` counts as one."""
        types = listed(value)
        found = rows.filter(api_type__in=types)
        return found | rows.filter(internal=True) if INTERNAL in types else found

    def filter_base(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Leave out the versions of other APIs."""
        return rows.filter(base=None)

    def sort_by(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Order the list; what is no order leaves it as it is."""
        return rows.order_by(*SORTS.get(value, ("-created_at", "pk")))
