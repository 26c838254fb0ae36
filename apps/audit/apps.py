"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class AuditConfig(AppConfig):
    """The audit log: one record per request that reads or changes what Weir keeps."""

    name = "apps.audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        """Register the checks of settings."""
        from apps.audit import checks

        register(checks.check_settings)
        register(checks.check_audited_models)
