"""Sets of identity providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.sso.models import IdentityProvider  # noqa: F401


class IdentityProviderQuerySet(TenantQuerySet["IdentityProvider"]):
    """Identity providers of an organisation."""

    api_lookup = None

    def in_use(self) -> Self:
        """Keep those that people may sign in with."""
        return self.filter(is_active=True)

    def on_login_page(self) -> Self:
        """Keep those that have a button on the log-in page, by name."""
        return self.in_use().filter(is_listed=True).order_by("name", "id")
