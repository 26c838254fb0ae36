"""What is kept in this app: webhooks."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.hooks.filters import WebhookFilter
from apps.hooks.models import Webhook
from apps.hooks.serializers import WebhookInput, WebhookSerializer
from apps.hooks.services import change_webhook, create_webhook, delete_webhook

WEBHOOKS = Resource(
    queryset=Webhook.objects.select_related("organisation").order_by("created_at", "pk"),
    path="/api/hooks",
    permission_object="hooks",
    serializer=WebhookSerializer,
    update_input=WebhookInput,
    create=create_webhook,
    update=change_webhook,
    delete=delete_webhook,
    filterset_class=WebhookFilter,
)
