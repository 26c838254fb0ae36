"""How the OpenAPI document describes Weir's three ways to come in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class AccessKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An access key in ``Authorization``, bare or as bearer token."""

    target_class = "apps.core.authentication.AccessKeyAuthentication"
    name = "accessKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "The access key of a user."}


class AdminSecretScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The admin secret in ``admin-auth``."""

    target_class = "apps.core.authentication.AdminSecretAuthentication"
    name = "adminSecret"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {"type": "apiKey", "in": "header", "name": "admin-auth"}
