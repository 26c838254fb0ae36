"""What may be asked of lists of templates."""

from __future__ import annotations

from collections.abc import Sequence

from apps.apis.api_templates.models import ApiTemplate
from apps.core.filters import SearchFilter, TenantFilterSet


class ApiTemplateFilter(TenantFilterSet):
    """A text in name or description, or an id."""

    q = SearchFilter()

    class Meta:
        model = ApiTemplate
        fields: Sequence[str] = ()
