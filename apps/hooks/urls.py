"""Routes of webhooks."""

from __future__ import annotations

from django.urls import path

from apps.hooks.views import WebhookPages, WebhookTestPage
from apps.hooks.viewsets import WebhookViewSet

#: Under ``/api``. Written without a final slash; clients may add one.
rest = WebhookViewSet.urls()
pages = [
    *WebhookPages.urls(),
    path("webhooks/<pk>/test/", WebhookTestPage.page(post="test"), name="webhook-test"),
    path("webhooks/<pk>/messages/<message>/", WebhookPages.page(post="send_again"), name="webhook-message"),
]
