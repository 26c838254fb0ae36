"""The outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Effects outside PostgreSQL: written with the change, delivered after it, never lost silently."""

    name = "apps.outbox"
    verbose_name = "Outbox"
