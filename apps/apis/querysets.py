"""Sets of APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Case, Q, Value, When

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.apis.models import Api  # noqa: F401


class ApiQuerySet(TenantQuerySet["Api"]):
    """APIs of an organisation; those with owners are visible to these and to administrators (``ENABLE_OWNERSHIP``)."""

    api_lookup = "api_id"

    def named(self, either_id: str) -> Self:
        """Keep the API with an internal or a public id; when two are meant, the one whose internal id it is first."""
        is_internal = Case(When(pk=either_id, then=Value(0)), default=Value(1))
        return self.filter(Q(pk=either_id) | Q(api_id=either_id)).order_by(is_internal)

    def owned(self) -> Self:
        """Keep the APIs that were given owners, whether these are still there or not."""
        return self.filter(is_owned=True)

    def free(self) -> Self:
        """Keep the APIs that their whole organisation sees."""
        return self.filter(is_owned=False)

    def search(self, text: str) -> Self:
        """Keep the APIs that a person may mean: by name, path, upstream, category, operation or an id."""
        return self.filter(self.meant_by(text))

    @staticmethod
    def meant_by(text: str) -> Q:
        """Give the condition of what a text may mean."""
        meant = Q(pk=text) | Q(api_id=text)
        for name in ("name", "route", "target_url", "categories", "operation_ids"):
            meant |= Q(**{f"{name}__icontains": text})
        return meant

    def by_category(self) -> dict[str, list[str]]:
        """Give category → public ids of its APIs, in order of names."""
        found: dict[str, list[str]] = {}
        for api_id, categories in self.order_by("created_at", "pk").values_list("api_id", "categories"):
            for category in categories:
                found.setdefault(category, []).append(api_id)
        return dict(sorted(found.items()))

    def with_owners(self) -> Self:
        """Fetch who owns each, as far as ids go."""
        return self.prefetch_related("user_owners", "group_owners")
