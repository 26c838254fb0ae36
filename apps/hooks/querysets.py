"""Sets of webhooks, and of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.hooks.models import Message, Webhook  # noqa: F401


class WebhookQuerySet(TenantQuerySet["Webhook"]):
    """Webhooks of an organisation; whoever may see any sees all."""

    api_lookup = None

    def search(self, text: str) -> Self:
        """Keep those with a text in name or URL."""
        return self.filter(Q(name__icontains=text) | Q(target_path__icontains=text) | Q(webhook_id=text) | Q(pk=text))


class MessageQuerySet(TenantQuerySet["Message"]):
    """What Weir sent for an organisation."""

    api_lookup = None

    def about(self, subject: str) -> Self:
        """Keep those about one thing, the newest first."""
        return self.filter(subject=subject).order_by("-id")
