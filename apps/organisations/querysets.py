"""Sets of organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.organisations.models import Organisation  # noqa: F401


class OrganisationQuerySet(TenantQuerySet["Organisation"]):
    """An organisation is visible to its own users, and to super users."""

    organisation_field = "id"
    api_lookup = None

    def with_apis(self) -> Self:
        """Fetch the public ids and names of the registered APIs too, the oldest first."""
        apis = self._rows_of("apis").only("organisation_id", "api_id", "name", "created_at")
        return self.prefetch_related(Prefetch("apis", apis.order_by("created_at", "id")))

    def with_counts(self) -> Self:
        """Count the users, user groups and APIs of each: ``user_count``, ``group_count`` and ``api_count``."""
        return self.annotate(
            user_count=self._count_of("users"),
            group_count=self._count_of("user_groups"),
            api_count=self._count_of("apis"),
        )

    def _count_of(self, relation: str) -> Coalesce:
        """Count in a query of its own: a join for each would multiply the rows."""
        rows = self._rows_of(relation).filter(organisation=OuterRef("pk")).order_by().values("organisation")
        return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0, output_field=IntegerField())

    def _rows_of(self, relation: str) -> QuerySet[Any]:
        """The apps of these rows stand above this one: they are found through what points here."""
        related: Any = self.model._meta.get_field(relation).related_model  # noqa: SLF001  (Django's documented way)
        rows: QuerySet[Any] = related._default_manager.all()  # noqa: SLF001  (Django's documented way)
        return rows
