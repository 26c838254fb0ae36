"""Forms of templates, on pages and on the staff site."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.apis.api_templates.merging import template_of
from apps.apis.api_templates.models import ApiTemplate
from apps.apis.models import Api
from apps.apis.oas.reading import UnreadableDocument, read_document
from apps.core.forms import ActorModelForm


class DocumentTextField(forms.CharField):
    """A document as JSON, which may be sent as YAML."""

    widget = forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField code", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Write the document; what was sent stays as it was typed."""
        return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, Any] | None:
        """Read the document; ``None`` for none. Raises ``ValidationError``, which names the place."""
        text = super().clean(value)
        try:
            return read_document(text.encode("utf-8", "surrogatepass")) if text else None
        except UnreadableDocument as error:
            place = error.message.removeprefix(f"{UnreadableDocument.message}: ")
            raise ValidationError("This cannot be read: %(place)s.", params={"place": place}) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare documents, not how they are written."""
        try:
            return bool(self.clean(data) != (initial or None))
        except ValidationError:
            return True


class ApiTemplateForm(ActorModelForm):
    """Make or change a template. People give it a name and a description, without which nobody knows what it is for."""

    name = forms.CharField(max_length=255)
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}))
    template_id = forms.CharField(
        max_length=255, required=False, label="ID", help_text="What REST calls it. Without one, an id is made."
    )
    document = DocumentTextField(
        help_text="Part of an OpenAPI document, with <code>x-tyk-api-gateway</code> or without, in JSON or YAML."
    )

    class Meta:
        model = ApiTemplate
        fields = ["organisation", "name", "description", "template_id", "document"]

    def clean_template_id(self) -> str:
        """Keep the id if none is given."""
        given: str = self.cleaned_data["template_id"]
        return given or self.instance.template_id


class NewApiTemplateForm(ApiTemplateForm):
    """Make a template of a document, of an API, or an empty one."""

    api = forms.ModelChoiceField(
        Api.objects.filter(kind=Api.Kind.OAS).order_by("name"),
        required=False,
        label="API",
        help_text="Its document is taken, without its ids, its versions and the path that it listens to.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["document"].required = False

    def clean(self) -> dict[str, Any]:
        """Take the document of the API, if one is chosen; without either the template is empty."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        api, document = cleaned.get("api"), cleaned.get("document")
        if api and document:
            self.add_error("document", "Give either a document or an API, not both.")
        elif api:
            self._check_organisation(api, cleaned)
            cleaned["document"] = template_of(api.document or {})
        elif "document" in cleaned:
            cleaned["document"] = document or {}
        return cleaned

    def _check_organisation(self, api: Api, cleaned: dict[str, Any]) -> None:
        chosen = cleaned.get("organisation") or self.actor.organisation
        if chosen and api.organisation_id != chosen.pk:
            self.add_error("api", "This API belongs to another organisation.")
