"""Sets of organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.organisations.models import Organisation  # noqa: F401


class OrganisationQuerySet(TenantQuerySet["Organisation"]):
    """An organisation is visible to its own users, and to super users."""

    organisation_field = "id"
