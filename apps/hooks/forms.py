"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.forms import ActorModelForm
from apps.hooks.models import Webhook

NO_HEADER = "“%(line)s” is no header such as “X-Team: payments”."


class HeadersField(forms.CharField):
    """Headers, one in a line: ``X-Team: payments``."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Write one header in a line."""
        return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, str]:
        """Read the headers. Raises ``ValidationError`` for a line that is none."""
        headers = {}
        for line in filter(str.strip, super().clean(value).splitlines()):
            name, colon, text = line.partition(":")
            if not colon or not name.strip():
                raise forms.ValidationError(
                    "“%(line)s” is no header such as “X-Team: payments”.", params={"line": line}
                )
            headers[name.strip()] = text.strip()
        return headers

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other headers are given."""
        return super().has_changed(self.prepare_value(initial), data)


class WebhookForm(ActorModelForm):
    """Make or change a webhook."""

    header_map = HeadersField(
        label="Headers", required=False, help_text="One in a line: <code>X-Team: payments</code>."
    )

    class Meta:
        model = Webhook
        fields = [
            *("organisation", "name", "method", "target_path", "template_path", "header_map", "event_timeout"),
            "webhook_id",
        ]
        widgets = {"target_path": forms.URLInput(), "template_path": forms.TextInput()}
