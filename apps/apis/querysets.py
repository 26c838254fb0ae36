"""Sets of APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.apis.models import Api  # noqa: F401


class ApiQuerySet(TenantQuerySet["Api"]):
    """APIs of an organisation; those with owners are visible to these and to administrators (``ENABLE_OWNERSHIP``)."""
