"""Sets of templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Case, Q, Value, When

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.apis.api_templates.models import ApiTemplate  # noqa: F401


class ApiTemplateQuerySet(TenantQuerySet["ApiTemplate"]):
    """Templates of an organisation; whoever may see any sees all."""

    api_lookup = None

    def named(self, either_id: str) -> Self:
        """Keep the template with an internal or its own id; when two are meant, the one whose internal id it is first.

        An organisation has an id of its own once only.
        """
        is_internal = Case(When(pk=either_id, then=Value(0)), default=Value(1))
        return self.filter(Q(pk=either_id) | Q(template_id=either_id)).order_by(is_internal)

    def search(self, text: str) -> Self:
        """Keep those with a text in name or description, or with an id."""
        return self.filter(Q(name__icontains=text) | Q(description__icontains=text) | Q(template_id=text) | Q(pk=text))
