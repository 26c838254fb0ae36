"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class HooksConfig(AppConfig):
    """Webhooks that gateways call, and what Weir sends to others."""

    name = "apps.hooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        """Register what sends messages."""
        from apps.hooks import sending
        from apps.outbox import handlers

        handlers.register(sending.KIND, sending.deliver)
