"""The shapes of policies on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.core.serializers import InputSerializer, TextField
from apps.keys import services
from apps.keys.models import Policy
from apps.keys.policy_shape import read_policy


class PolicyMembers(serializers.Serializer[Policy]):
    """What programs find in a policy. Other members are kept as they came."""

    _id = TextField(help_text="24 hex characters.")
    id = TextField(help_text="What keys and gateways call it; the database id unless said otherwise.")
    org_id = TextField()
    name = TextField(help_text="Unique in the organisation.")
    state = serializers.ChoiceField(Policy.State.choices, required=False)
    access_rights = serializers.DictField(
        child=serializers.DictField(), required=False, help_text="Public id of an API → what is allowed of it."
    )
    partitions = serializers.DictField(child=serializers.BooleanField(), required=False)
    rate = serializers.FloatField(required=False)
    per = serializers.FloatField(required=False)
    quota_max = serializers.IntegerField(required=False, help_text="-1: no limit.")
    quota_renewal_rate = serializers.IntegerField(required=False, help_text="Seconds.")
    key_expires_in = serializers.IntegerField(required=False, help_text="Seconds; 0: never.")
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    active = serializers.BooleanField(required=False)
    is_inactive = serializers.BooleanField(required=False)
    meta_data = serializers.DictField(required=False)
    date_created = serializers.DateTimeField(required=False)
    last_updated = TextField(help_text="Unix seconds. Written anew by every change.")


class PolicySerializer(PolicyMembers):
    """A policy as it is read: the document as it came, with its ids. ``apis`` of the context limit the rights."""

    def to_representation(self, instance: Policy) -> dict[str, Any]:
        """Write it."""
        return instance.document(self.context.get("apis"))


class PolicyInput(InputSerializer, PolicyMembers):
    """A whole policy: what is left out is not in it any more, its ids and its name aside."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Give ``{"document": …, "org_id": …}``."""
        if not isinstance(data, Mapping):
            self.fail("invalid", datatype=type(data).__name__)
        document = read_policy(data)
        return {"document": document, "org_id": document.get("org_id") or ""}

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the policy."""
        return services.fields_of(self.validated_data["document"])


class NewPolicyInput(PolicyInput):
    """A new policy keeps the database id that it came with, if that is one and free."""

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the policy."""
        return services.new_fields_of(self.validated_data["document"])


class PolicyImport(InputSerializer):
    """What the list gives."""

    Data = serializers.ListField(child=serializers.JSONField())
