"""Webhooks on the staff site: the same services as everywhere else."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import ServiceAdmin
from apps.hooks.forms import WebhookForm
from apps.hooks.models import Webhook
from apps.hooks.resources import WEBHOOKS


@admin.register(Webhook)
class WebhookAdmin(ServiceAdmin):
    """Webhooks of the organisations the actor may see."""

    resource = WEBHOOKS
    form = WebhookForm
    list_display = ["name_or_url", "method", "target_path", "organisation", "created_at"]
    list_filter = ["method", ("organisation", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "target_path", "=webhook_id", "=id"]
    fieldsets = [
        (None, {"fields": ["organisation", "name", "method", "target_path"]}),
        ("What is sent", {"fields": ["header_map", "template_path", "event_timeout", "webhook_id"]}),
    ]
