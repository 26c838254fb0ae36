"""The shapes of templates on the wire, where they are assets of the kind ``oas-template``."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.services import InvalidTemplate
from apps.core.ids import is_object_id
from apps.core.serializers import GoTimeField, InputSerializer, TextField

KIND = "oas-template"


class ApiTemplateSerializer(serializers.Serializer[ApiTemplate]):
    """A template as it is read."""

    _id = serializers.CharField(help_text="24 hex characters.")
    id = serializers.CharField(help_text="What its maker calls it, unique in the organisation.")
    org_id = serializers.CharField()
    kind = serializers.CharField(help_text=f"Always `{KIND}`.")
    name = serializers.CharField()
    description = serializers.CharField()
    data = serializers.DictField(  # type: ignore[assignment]  # its name; fields are no attributes
        source="document", help_text="Part of an OpenAPI document with x-tyk-api-gateway."
    )
    last_updated = serializers.DateTimeField()

    def to_representation(self, instance: ApiTemplate) -> dict[str, Any]:
        """Write it; the document as it is."""
        return {
            "_id": instance.pk,
            "id": instance.template_id,
            "org_id": instance.organisation_id,
            "kind": KIND,
            "name": instance.name,
            "description": instance.description,
            "data": instance.document,
            "last_updated": GoTimeField().to_representation((instance.updated_at,)),
        }


class ApiTemplateInput(InputSerializer):
    """A template; what is left out stays as it is. Other members are passed over."""

    id = TextField(max_length=255, source="template_id", help_text="Unique in the organisation; made if it is empty.")
    kind = TextField(help_text=f"`{KIND}`: there is no other.")
    name = TextField(max_length=255)
    description = TextField()
    data = serializers.JSONField(  # type: ignore[assignment]  # its name; fields are no attributes
        source="document", required=False, help_text="An object."
    )
    org_id = TextField(max_length=24)
    is_new = False

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no template. Raises ``InvalidTemplate``."""
        kind = attrs.get("kind", "" if self.is_new else KIND)
        if kind != KIND:
            raise InvalidTemplate(f"unsupported asset kind: '{kind}'")
        if (self.is_new or "document" in attrs) and not isinstance(attrs.get("document"), dict):
            raise InvalidTemplate("data: it must be an object")
        return attrs

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the template; an empty id is none."""
        fields = super().model_fields(organisation)
        return {
            name: value for name, value in fields.items() if name != "kind" and (name, value) != ("template_id", "")
        }


class NewApiTemplateInput(ApiTemplateInput):
    """A new template: ``kind`` and ``data`` must be there. It keeps the internal id that it came with, if it is one."""

    _id = TextField(help_text="Kept if it is 24 hex characters and free.")
    is_new = True

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the template."""
        fields = super().model_fields(organisation)
        given = fields.pop("_id", "")
        is_free = is_object_id(given) and not ApiTemplate.objects.filter(pk=given).exists()
        return {**fields, **({"id": given} if is_free else {})}
