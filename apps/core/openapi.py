"""How the OpenAPI document describes Weir's three ways to come in, filters, and answers that are not data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

#: What a write answers with, and every refusal (``apps.core.envelope``).
ENVELOPE = inline_serializer(
    "Envelope",
    {
        "Status": serializers.ChoiceField(["OK", "Error"]),
        "Message": serializers.CharField(),
        "Meta": serializers.CharField(allow_null=True, help_text="Mostly null or an id."),
    },
)


class AccessKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An access key in ``Authorization``, bare or as bearer token."""

    target_class = "apps.core.authentication.AccessKeyAuthentication"
    name = "accessKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "The access key of a user."}


class CookieScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """The session cookie."""

    target_class = "apps.core.authentication.CookieAuthentication"


class AdminSecretScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The admin secret in ``admin-auth``."""

    target_class = "apps.core.authentication.AdminSecretAuthentication"
    name = "adminSecret"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {"type": "apiKey", "in": "header", "name": "admin-auth"}


class FilterParameters(DjangoFilterExtension):
    """Filters of lists: described by their help texts, for labels are what pages say; numbers with their bounds."""

    target_class = "apps.core.filters.RestFilterBackend"
    priority = 1  # before the extension that this one refines

    def resolve_filter_field(self, *args: Any) -> Iterator[dict[str, Any]]:
        """Describe the parameters of a filter, which comes last."""
        options = args[-1].extra
        bounds = {"minimum": options.get("min_value"), "maximum": options.get("max_value")}
        for parameter in super().resolve_filter_field(*args):  # type: ignore[no-untyped-call]
            parameter.pop("description", None)
            parameter["schema"] |= {name: bound for name, bound in bounds.items() if bound is not None}
            yield parameter | ({"description": options["help_text"]} if "help_text" in options else {})
