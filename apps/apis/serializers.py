"""The shapes of APIs on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.apis.models import Api


class IdField(serializers.CharField):
    """An id, which is a text."""

    def to_internal_value(self, data: Any) -> str:
        """Take texts only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class AccessSerializer(serializers.Serializer[Api]):
    """Who owns an API: ids of users and of user groups. ``null`` is the same as an empty list."""

    userIds = serializers.ListField(child=IdField(), required=False, allow_null=True)  # noqa: N815  (its name)
    userGroupIds = serializers.ListField(child=IdField(), required=False, allow_null=True)  # noqa: N815  (its name)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a body that names neither list: it was not meant to open the API to everybody."""
        if not attrs:
            raise serializers.ValidationError("Neither userIds nor userGroupIds is given.")
        return attrs

    def to_representation(self, instance: Api) -> dict[str, Any]:
        """Write both lists."""
        return instance.owner_ids()
