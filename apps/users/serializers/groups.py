"""The shapes of user groups on the wire (dashboard API, 5.13)."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.serializers import TextField
from apps.users.models import UserGroup
from apps.users.serializers.fields import DaysField, PermissionMapField, WithoutNulls


class UserGroupSerializer(serializers.Serializer[UserGroup]):
    """A user group."""

    id = serializers.CharField()
    org_id = serializers.CharField(source="organisation_id")
    name = serializers.CharField()
    description = serializers.CharField()
    active = serializers.BooleanField()
    password_max_days = serializers.IntegerField()
    user_permissions = serializers.DictField(child=serializers.CharField())


class UserGroupInput(WithoutNulls):
    """What may be said of a group. What is left out stays as it is; an explicit empty map is refused."""

    name = TextField(max_length=200, allow_blank=False)
    description = TextField(max_length=10_000)
    org_id = TextField(max_length=24)
    active = serializers.BooleanField(required=False)
    password_max_days = DaysField()
    user_permissions = PermissionMapField()


class NewUserGroupInput(UserGroupInput):
    """What must be said of a new group."""

    name = TextField(max_length=200, allow_blank=False, required=True)
