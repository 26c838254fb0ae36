"""The identity providers on the login page."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from apps.sso.models import IdentityProvider

register = template.Library()


@register.inclusion_tag("sso/_providers.html")
def provider_buttons(wanted: str = "") -> dict[str, Any]:
    """Give a button for every identity provider, which comes back to the page that was wanted."""
    return {
        "providers": IdentityProvider.objects.on_login_page(),
        "elsewhere": settings.SSO_CUSTOM_LOGIN_URL,
        "wanted": wanted,
    }
