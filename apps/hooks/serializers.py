"""The shapes of webhooks on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.serializers import InputSerializer, StrictIntegerField, TextField
from apps.hooks.models import MOST_SECONDS, Webhook


class WebhookSerializer(serializers.Serializer[Webhook]):
    """A webhook as it is read; APIs hold the same."""

    api_model = serializers.DictField(help_text="Always empty.")
    id = serializers.CharField()
    org_id = serializers.CharField()
    name = serializers.CharField()
    method = serializers.ChoiceField(Webhook.Method.choices)
    target_path = serializers.CharField()
    template_path = serializers.CharField()
    header_map = serializers.DictField(child=serializers.CharField())
    event_timeout = serializers.IntegerField()
    webhook_id = serializers.CharField()

    def to_representation(self, instance: Webhook) -> dict[str, Any]:
        """Write it."""
        return instance.as_copy


class WebhookInput(InputSerializer):
    """A whole webhook: what is left out becomes empty. ``method`` and ``target_path`` must be there."""

    name = TextField(max_length=255)
    method = serializers.ChoiceField(Webhook.Method.choices)
    target_path = TextField(allow_blank=False, required=True)
    template_path = TextField()
    header_map = serializers.DictField(child=TextField(), required=False)
    event_timeout = StrictIntegerField(min_value=0, max_value=MOST_SECONDS, required=False)
    webhook_id = TextField(max_length=255)
    org_id = TextField(max_length=24)

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give every field."""
        return {**self.empty(), **super().model_fields(organisation)}

    @staticmethod
    def empty() -> dict[str, Any]:
        """Give what is left out of a change."""
        return {"name": "", "template_path": "", "header_map": {}, "event_timeout": 0, "webhook_id": ""}
