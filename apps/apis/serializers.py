"""The shapes of APIs on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.apis.models import Api
from apps.core.serializers import InputSerializer, TextField


class OwnerIdsField(serializers.ListField):
    """A list of ids, which are texts."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"child": TextField(allow_blank=False), "required": False, "allow_null": True, **given})


class AccessSerializer(serializers.Serializer[Api]):
    """Who owns an API: ids of users and of user groups. ``null`` is the same as an empty list."""

    userIds = OwnerIdsField()  # noqa: N815  (its name)
    userGroupIds = OwnerIdsField()  # noqa: N815  (its name)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a body that names neither list: it was not meant to open the API to everybody."""
        if not attrs:
            raise serializers.ValidationError("Neither userIds nor userGroupIds is given.")
        return attrs

    def to_representation(self, instance: Api) -> dict[str, Any]:
        """Write both lists."""
        return instance.owner_ids()


class ApiSerializer(serializers.Serializer[Api]):
    """An API as far as the staff site makes it."""

    id = serializers.CharField()
    org_id = serializers.CharField(source="organisation_id")
    api_id = serializers.CharField()
    name = serializers.CharField()
    active = serializers.BooleanField()


class ApiInput(InputSerializer):
    """What the staff site says of an API."""

    api_id = TextField(max_length=255, allow_blank=False)
    name = TextField(max_length=255, allow_blank=False)
    active = serializers.BooleanField(required=False)
    org_id = TextField(max_length=24)
