"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log: one record per request that reads or changes what Weir keeps."""

    name = "apps.audit"
    verbose_name = "Audit"
