"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig

from apps.core.tenancy import register_ownership


class ApisConfig(AppConfig):
    """APIs and who owns them."""

    name = "apps.apis"
    verbose_name = "APIs"

    def ready(self) -> None:
        """Tell tenancy whom to ask who owns which API, webhooks who has copies, the outbox who tells gateways."""
        from apps.apis import notifications, ownership, services
        from apps.hooks.services import register_copies
        from apps.outbox import handlers

        register_ownership(ownership)
        register_copies(services.refresh_webhook)
        handlers.register(notifications.KIND, notifications.deliver)
