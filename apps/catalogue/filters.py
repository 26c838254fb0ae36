"""What the page of all APIs may be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from apps.analytics import queries
from apps.analytics.access import traffic_scope
from apps.analytics.dimensions import TOTAL
from apps.apis.classic import AUTH_TYPES
from apps.apis.models import Api
from apps.core.filters import SearchFilter, TenantFilterSet

#: How an API is kept, or what it speaks where that says more.
SHAPE = Case(When(api_type__in=["", "rest"], then=F("kind")), default=F("api_type"))
SHAPES = {
    **dict(Api.Kind.choices),
    "graphql": "GraphQL",
    "udg": "Data graph",
    "subgraph": "Subgraph",
    "supergraph": "Supergraph",
    "tcp": "TCP",
}
AUTHENTICATION = {
    "authToken": "Key",
    "jwt": "JWT",
    "basic": "Basic",
    "hmac": "Signature",
    "oauth": "OAuth",
    "openid": "OpenID Connect",
    "mutualTLS": "Certificate",
    "custom": "Plugin",
    "keyless": "None",
    "multiAuth": "Several",
    "other": "Other",
}
STATES = {"active": "Active", "inactive": "Inactive"}
OWNED = {"yes": "Owned", "no": "Open to everybody"}
UNLOGGED, QUIET, UNCATEGORISED = "unlogged", "quiet", "uncategorised"
ATTENTION = {UNLOGGED: "Traffic not logged", QUIET: "No traffic for 30 days", UNCATEGORISED: "No category"}
#: An API without a request for so long is told.
QUIET_AFTER = timedelta(days=30)


class OwnerSearchFilter(SearchFilter):
    """Finds what the search of APIs finds, and by the owners that who asks may see."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        """Keep those."""
        return qs.filter(Api.objects.meant_by(value) | self._owned_by(value)) if value else qs

    def _owned_by(self, text: str) -> Q:
        owned, user = Q(), getattr(self.parent.request, "user", None)
        if user and user.allows("user_groups"):
            owned |= Q(pk__in=Api.objects.filter(group_owners__group__name__icontains=text).values("pk"))
        if user and user.allows("users"):
            for name in ("email", "first_name", "last_name"):
                found = Api.objects.filter(**{f"user_owners__user__{name}__icontains": text})
                owned |= Q(pk__in=found.values("pk"))
        return owned


class CatalogueFilter(TenantFilterSet):
    """A text, and one value each of what APIs are told apart by."""

    q = OwnerSearchFilter()
    category = django_filters.CharFilter(label="Category", method="filter_category")
    attention = django_filters.ChoiceFilter(
        label="Needs attention", choices=list(ATTENTION.items()), method="filter_attention"
    )
    type = django_filters.ChoiceFilter(label="Type", choices=list(SHAPES.items()), method="filter_type")
    auth = django_filters.ChoiceFilter(
        label="Authentication", field_name="auth_type", choices=[(one, AUTHENTICATION[one]) for one in AUTH_TYPES]
    )
    state = django_filters.ChoiceFilter(label="State", choices=list(STATES.items()), method="filter_state")
    owned = django_filters.ChoiceFilter(label="Owner", choices=list(OWNED.items()), method="filter_owned")

    class Meta:
        model = Api
        fields: Sequence[str] = ()

    def filter_category(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep the APIs of a category."""
        return rows.filter(categories__contains=[value])

    def filter_type(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep the APIs of a type."""
        return rows.filter(Q(api_type=value) if value not in Api.Kind else Q(kind=value, api_type__in=["", "rest"]))

    def filter_state(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep the APIs that gateways serve, or the others."""
        return rows.filter(active=value == "active")

    def filter_owned(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep the APIs that somebody owns, or the others."""
        return rows.filter(is_owned=value == "yes")

    def filter_attention(self, rows: QuerySet[Api], name: str, value: str) -> QuerySet[Api]:
        """Keep the APIs that somebody should look after."""
        if value == UNLOGGED:
            return rows.filter(is_logged=False)
        if value == UNCATEGORISED:
            return rows.filter(categories=[])
        return rows.filter(active=True, created_at__lt=timezone.now() - QUIET_AFTER).exclude(api_id__in=self._called())

    def _called(self) -> list[str]:
        """Give the public ids of the APIs that were called lately."""
        now = timezone.now()
        scope = traffic_scope(self.request.user)
        return [row.api for row in queries.breakdown(scope, queries.Window(now - QUIET_AFTER, now), TOTAL).rows]
