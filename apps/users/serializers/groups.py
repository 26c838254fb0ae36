"""The shapes of user groups on the wire (dashboard API, 5.13)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.exceptions import ApplicationError
from apps.core.serializers import InputSerializer, TextField
from apps.users.models import UserGroup
from apps.users.serializers.fields import DaysField, PermissionMapField


class UserGroupSerializer(serializers.Serializer[UserGroup]):
    """A user group."""

    id = serializers.CharField()
    org_id = serializers.CharField(source="organisation_id")
    name = serializers.CharField()
    description = serializers.CharField()
    active = serializers.BooleanField()
    password_max_days = serializers.IntegerField()
    user_permissions = serializers.DictField(child=serializers.CharField())


class NothingPermitted(ApplicationError):
    """A group's map was emptied by name; leaving it out keeps the stored one. The documented answer."""

    status = 403
    message = "A user group needs at least one permission"


class UserGroupInput(InputSerializer):
    """What may be said of a group. What is left out stays as it is; an explicit empty map is refused."""

    name = TextField(max_length=200, allow_blank=False)
    description = TextField(max_length=10_000)
    org_id = TextField(max_length=24)
    active = serializers.BooleanField(required=False)
    password_max_days = DaysField()
    user_permissions = PermissionMapField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an explicit empty map. Raises ``NothingPermitted``."""
        if attrs.get("user_permissions", True) == {}:
            raise NothingPermitted
        return attrs


class NewUserGroupInput(UserGroupInput):
    """What must be said of a new group."""

    name = TextField(max_length=200, allow_blank=False, required=True)
