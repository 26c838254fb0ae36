"""What may be asked of the list of policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower

from apps.apis.classic import AUTH_TYPES
from apps.apis.filters import listed
from apps.core.filters import SearchFilter, TenantFilterSet
from apps.core.tenancy import scope_of
from apps.keys.models import Policy
from apps.keys.services import SAFE_ID

BY_NAME = Lower("name")  # people do not look for names by their capital letters
#: What stands in ``sort`` → the order.
SORTS: dict[str, tuple[Any, ...]] = {
    "date_created": ("created_at", "pk"),
    "-date_created": ("-created_at", "pk"),
    "name": (BY_NAME, "pk"),
    "-name": (BY_NAME.desc(), "pk"),
    "state": ("state", BY_NAME, "pk"),
    "-state": ("-state", BY_NAME, "pk"),
}


def validate_ids(text: str) -> None:
    """Refuse ids that no policy has."""
    if not settings.ALLOW_UNSAFE_POLICY_IDS and not all(SAFE_ID.fullmatch(one) for one in listed(text)):
        raise ValidationError("These are no ids of policies.")


class PolicyFilter(TenantFilterSet):
    """A part of the name or an id, and the state: what people choose from."""

    q = SearchFilter()
    state = django_filters.ChoiceFilter(choices=Policy.State.choices, empty_label="Any state")

    class Meta:
        model = Policy
        fields: Sequence[str] = ()


class PolicySearchFilter(TenantFilterSet):
    """What programs ask for: ids, APIs, states, ways to authenticate, any of several each."""

    q = SearchFilter(method="search")
    policy_ids = django_filters.CharFilter(
        method="filter_ids",
        validators=[validate_ids],
        help_text="Any of several ids of either kind, with commas between them; then `q` does not count.",
    )
    active = django_filters.CharFilter(method="filter_active", help_text="Any value: only those that let keys pass.")
    state = django_filters.CharFilter(
        method="filter_states", help_text=f"Any of several, with commas between them: {', '.join(Policy.State.values)}."
    )
    api_id = django_filters.CharFilter(
        method="filter_apis", label="API", help_text="Any of several public ids of APIs, with commas between them."
    )
    auth_type = django_filters.CharFilter(
        method="filter_auth_types",
        label="Authentication",
        help_text=f"Of any of the APIs; any of several, with commas between them: {', '.join(AUTH_TYPES)}.",
    )
    sort = django_filters.CharFilter(method="sort_by", help_text=f"One of {', '.join(SORTS)}.")

    class Meta:
        model = Policy
        fields: Sequence[str] = ()

    def search(self, rows: Any, name: str, value: str) -> QuerySet[Policy]:
        """Keep those that are searched for, unless they are asked for by ids."""
        found: QuerySet[Policy] = rows if self.data.get("policy_ids") else rows.search(value)
        return found

    def filter_ids(self, rows: Any, name: str, value: str) -> QuerySet[Policy]:
        """Keep the policies with any of some ids."""
        found: QuerySet[Policy] = rows.with_any_id(listed(value))
        return found

    def filter_active(self, rows: QuerySet[Policy], name: str, value: str) -> QuerySet[Policy]:
        """Keep the policies that let keys pass."""
        return rows.filter(is_active=True)

    def filter_states(self, rows: QuerySet[Policy], name: str, value: str) -> QuerySet[Policy]:
        """Keep the policies in any of some states."""
        return rows.filter(state__in=listed(value))

    def filter_apis(self, rows: Any, name: str, value: str) -> QuerySet[Policy]:
        """Keep the policies of any of some APIs; which hidden APIs a policy has nobody finds out."""
        asked, seen = set(listed(value)), self._seen()
        found: QuerySet[Policy] = rows.about(asked if seen is None else asked & seen)
        return found

    def _seen(self) -> frozenset[str] | None:
        return scope_of(self.request.user).apis if self.request else None

    def filter_auth_types(self, rows: Any, name: str, value: str) -> QuerySet[Policy]:
        """Keep the policies of APIs with any of some ways to authenticate."""
        found: QuerySet[Policy] = rows.about_auth_types(listed(value), self._seen())
        return found

    def sort_by(self, rows: QuerySet[Policy], name: str, value: str) -> QuerySet[Policy]:
        """Order the list; what is no order leaves it as it is."""
        return rows.order_by(*SORTS.get(value, ("created_at", "pk")))
