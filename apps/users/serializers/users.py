"""The shapes of users on the wire (dashboard API, 5.13)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.serializers import GoTimeField, InputSerializer, TextField
from apps.users.models import User
from apps.users.serializers.fields import DaysField, PermissionMapField

LONGEST_PASSWORD = 4096


class UserSerializer(serializers.Serializer[User]):
    """A user. ``access_key`` is in the context of whoever may see it this once; passwords are never told."""

    api_model = serializers.SerializerMethodField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email_address = serializers.CharField(source="email")
    org_id = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="is_active")
    id = serializers.CharField()
    access_key = serializers.SerializerMethodField(help_text="Shown once after it was made, else empty.")
    user_permissions = serializers.DictField(child=serializers.CharField())
    group_id = serializers.SerializerMethodField()
    password_max_days = serializers.IntegerField()
    password_updated = GoTimeField()
    PWHistory = serializers.SerializerMethodField(help_text="Always empty.")
    created_at = GoTimeField()
    last_login_date = GoTimeField(source="last_login")

    def get_api_model(self, user: User) -> dict[str, str]:
        """Give what clients expect and nobody reads."""
        return {}

    def get_org_id(self, user: User) -> str:
        """Give the organisation's id, "" for a super user."""
        return user.organisation_id or ""

    def get_group_id(self, user: User) -> str:
        """Give the group's id, or ""."""
        return user.group_id or ""

    def get_access_key(self, user: User) -> str:
        """Give the key that the view may show, or ""."""
        key: str = self.context.get("access_key", "")
        return key

    def get_PWHistory(self, user: User) -> list[str]:  # noqa: N802  (the name on the wire)
        """Give nothing: hashes of passwords are nobody's business."""
        return []


class UserInput(InputSerializer):
    """What may be said of a user. What is left out stays as it is."""

    first_name = TextField(max_length=150)
    last_name = TextField(max_length=150)
    email_address = serializers.EmailField(max_length=254, required=False, source="email")
    org_id = TextField(max_length=24)
    active = serializers.BooleanField(required=False, source="is_active")
    user_permissions = PermissionMapField()
    group_id = TextField(max_length=24)
    password_max_days = DaysField()
    password = TextField(max_length=LONGEST_PASSWORD, trim_whitespace=False)


class NewUserInput(UserInput):
    """What must be said of a new user."""

    first_name = TextField(max_length=150, allow_blank=False, required=True)
    last_name = TextField(max_length=150, allow_blank=False, required=True)
    email_address = serializers.EmailField(max_length=254, source="email")


class AdminUserInput(UserInput):
    """What the holder of the admin secret may say of a user, their access key included."""

    access_key = TextField(max_length=LONGEST_PASSWORD)


class NewAdminUserInput(UserInput):
    """What the holder of the admin secret must say of a new user."""

    email_address = serializers.EmailField(max_length=254, source="email")


class PasswordInput(InputSerializer):
    """A new password; with the present one when it is the caller's own."""

    new_password = TextField(max_length=LONGEST_PASSWORD, trim_whitespace=False, allow_blank=False, required=True)
    current_password = TextField(max_length=LONGEST_PASSWORD, trim_whitespace=False)


class FiltersInput(InputSerializer):
    """What is searched for: a part of e-mail addresses."""

    query = TextField(max_length=254)


class SearchInput(serializers.Serializer[Any]):
    """The body of a search."""

    filters = FiltersInput()
