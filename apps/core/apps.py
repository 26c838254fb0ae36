"""How Django finds this app, and the staff site it offers in place of the stock admin."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.checks import Tags, register


class CoreConfig(AppConfig):
    """Rules that every app shares; no models of the domain."""

    name = "apps.core"
    default = True

    def ready(self) -> None:
        """Register the checks of settings and querysets, and the OpenAPI descriptions."""
        from apps.core import checks, openapi  # noqa: F401

        register(checks.check_settings)
        register(checks.check_api_lookups, Tags.models)


class StaffConfig(admin.AdminConfig):
    """Django's admin with our site class."""

    default = False
    default_site = "apps.core.admin.StaffSite"
