"""The shapes of organisations on the wire.

Types are taken strictly and texts as they are, for what is exported must come back as it was. ``null`` is the
same as nothing, as it is for the Go programs that send it.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.serializers import InputSerializer, ObjectField, StrictBooleanField, StrictIntegerField, TextField
from apps.organisations import options
from apps.organisations.models import Organisation


class WholeTextField(TextField):
    """A text; "" when it is left out."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"default": "", **given})


class NumberField(StrictIntegerField):
    """A whole number; 0 when it is left out."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"default": 0, **given})


class WholeObjectField(ObjectField):
    """A JSON object; empty when it is left out."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"default": dict, **given})


class OrganisationSerializer(InputSerializer):
    """An organisation, written out whole; members that nobody here knows are kept.

    ``apis`` are the registered APIs and those that the organisation came with. ``require_two_factor`` is Weir's own:
    left out, it stays as it is, for a client that does not know it must not switch it off.
    """

    id = WholeTextField(
        required=False, default=serializers.empty, help_text="24 hex characters; read at an import only."
    )
    owner_name = WholeTextField()
    owner_slug = WholeTextField()
    cname = WholeTextField()
    cname_enabled = StrictBooleanField(default=False)
    apis = serializers.ListField(
        child=serializers.DictField(), source="listed_apis", default=list, validators=[options.validate_api_entries]
    )
    developer_quota = NumberField()
    developer_count = NumberField()
    event_options = WholeObjectField(validators=[options.validate_event_options])
    hybrid_enabled = StrictBooleanField(default=False)
    sso_enabled = StrictBooleanField(default=False)
    require_two_factor = StrictBooleanField(required=False)
    org_options_meta = WholeObjectField()
    additional_permissions = WholeObjectField(validators=[options.validate_additional_permissions])
    open_policy = WholeObjectField(validators=[options.validate_open_policy])
    ui = WholeObjectField(validators=[options.validate_ui])

    def to_internal_value(self, data: Any) -> Any:
        """Give the fields of the model, the members that are not described as ``extra``."""
        if not isinstance(data, dict):
            return super().to_internal_value(data)  # which says so
        values: dict[str, Any] = super().to_internal_value(data)
        values["extra"] = {name: value for name, value in data.items() if self.declared_name(name) not in self.fields}
        return values

    def model_fields(self, organisation: Any = None) -> dict[str, Any]:
        """Give the fields of the model; the id is read at an import only."""
        return {name: value for name, value in self.validated_data.items() if name != "id"}

    def to_representation(self, instance: Organisation) -> dict[str, Any]:
        """Write the organisation, with all it came with."""
        shown = super().to_representation(instance)
        shown["ui"] = {**options.UI_DEFAULTS, **shown["ui"]}
        shown["apis"] = instance.api_entries((api.api_id, api.name) for api in instance.apis.all())
        return {**shown, **instance.extra}


class AdditionalPermissionsSerializer(InputSerializer):
    """The permissions of an organisation's own: name → label; ``null`` is an empty map, and left out it is refused."""

    additional_permissions = serializers.DictField(
        child=WholeTextField(), source="permission_labels", validators=[options.validate_additional_permissions]
    )

    def to_internal_value(self, data: Any) -> Any:
        """Take ``null`` for an empty map: it is said, other than nothing."""
        if isinstance(data, dict):
            data = {name: {} if value is None else value for name, value in data.items()}
        return super().to_internal_value(data)
