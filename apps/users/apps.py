"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class UsersConfig(AppConfig):
    """People and programs: accounts, permissions, access keys."""

    name = "apps.users"

    def ready(self) -> None:
        """Register the checks of settings."""
        from apps.users import checks

        register(checks.check_settings)
