"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class SsoConfig(AppConfig):
    """Single sign-on: by nonce, and with OpenID Connect."""

    name = "apps.sso"
    verbose_name = "Single sign-on"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from apps.sso.checks import check_defaults

        checks.register(check_defaults)
