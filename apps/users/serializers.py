"""The shapes of users and user groups on the wire (dashboard API, 5.13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.core.exceptions import ApplicationError
from apps.core.serializers import (
    GoTimeField,
    InputSerializer,
    RelatedIdField,
    StrictBooleanField,
    StrictIntegerField,
    TextField,
)
from apps.organisations.options import LONGEST_NAME, MOST_PERMISSIONS
from apps.users.models import User, UserGroup
from apps.users.querysets import GroupElsewhere
from apps.users.services.access_checks import NoPermissions

LONGEST_PASSWORD = 4096
MOST_DAYS = 36_500  # a hundred years; dates end


class DaysField(StrictIntegerField):
    """A number of days; 0 says nothing."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_DAYS, "required": False, **given})


class PermissionMapField(serializers.DictField):
    """Permission name → level, both texts; which there are is the business of services."""

    def __init__(self, **given: Any) -> None:
        child = TextField(max_length=LONGEST_NAME)
        super().__init__(**{"child": child, "required": False, **given})

    def to_internal_value(self, data: Any) -> Any:
        """Look at the names too, for the database takes no NUL."""
        name = TextField(max_length=LONGEST_NAME, allow_blank=False)
        if isinstance(data, Mapping):
            if len(data) > MOST_PERMISSIONS:
                raise serializers.ValidationError(f"There are more than {MOST_PERMISSIONS} permissions")
            data = {name.run_validation(key): level for key, level in data.items()}
        return super().to_internal_value(data)


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

    required_when_new = ("name",)

    name = TextField(max_length=200, allow_blank=False)
    description = TextField(max_length=10_000)
    org_id = TextField(max_length=24)
    active = StrictBooleanField(required=False)
    password_max_days = DaysField()
    user_permissions = PermissionMapField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an explicit empty map. Raises ``NothingPermitted``."""
        if attrs.get("user_permissions", True) == {}:
            raise NothingPermitted
        return attrs


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


class AdminUserSerializer(UserSerializer):
    """A user as the holder of the admin secret reads it: strict clients of ``/api/users`` refuse ``PWHistory``."""

    PWHistory = serializers.SerializerMethodField(help_text="Always empty.")

    def get_PWHistory(self, user: User) -> list[str]:  # noqa: N802  (the name on the wire)
        """Give nothing: hashes of passwords are nobody's business."""
        return []


class AccountInput(InputSerializer):
    """What bodies of all endpoints say of a user."""

    first_name = TextField(max_length=150)
    last_name = TextField(max_length=150)
    email_address = serializers.EmailField(max_length=254, required=False, source="email")
    org_id = TextField(max_length=24)
    active = StrictBooleanField(required=False, source="is_active")
    user_permissions = PermissionMapField()
    group_id = RelatedIdField(UserGroup.objects.all(), (GroupElsewhere.status, GroupElsewhere.message), source="group")
    password_max_days = DaysField()
    password = TextField(max_length=LONGEST_PASSWORD)

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the account, without those that services write."""
        fields = super().model_fields(organisation)
        return {name: value for name, value in fields.items() if name not in {"password", "access_key"}}


class InvalidEmail(ApplicationError):
    """An account was to get something that is no e-mail address. The documented answer of a change."""

    status = 403
    message = "User email is not valid"


class ChangedEmailField(serializers.EmailField):
    """An e-mail address; anything else is refused by name."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Give the address. Raises ``InvalidEmail``."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError as error:
            raise InvalidEmail from error


class UserInput(AccountInput):
    """What may be said of a user. What is left out stays as it is."""

    email_address = ChangedEmailField(max_length=254, required=False, source="email")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an explicit empty map. Raises ``NoPermissions``."""
        if attrs.get("user_permissions", True) == {}:
            raise NoPermissions
        return attrs


class NewUserInput(AccountInput):
    """What must be said of a new user."""

    first_name = TextField(max_length=150, allow_blank=False, required=True)
    last_name = TextField(max_length=150, allow_blank=False, required=True)
    email_address = serializers.EmailField(max_length=254, source="email")


class AdminUserInput(AccountInput):
    """What the holder of the admin secret may say of a user, their access key included."""

    access_key = TextField(max_length=LONGEST_PASSWORD, trim_whitespace=True)  # pasted, with its line end


class NewAdminUserInput(AccountInput):
    """What the holder of the admin secret must say of a new user."""

    email_address = serializers.EmailField(max_length=254, source="email")


class PasswordInput(InputSerializer):
    """A new password; with the present one when it is the caller's own."""

    new_password = TextField(max_length=LONGEST_PASSWORD, allow_blank=False, required=True)
    current_password = TextField(max_length=LONGEST_PASSWORD)


class FiltersInput(InputSerializer):
    """What is searched for: a part of e-mail addresses."""

    query = TextField(max_length=254)


class SearchInput(InputSerializer):
    """The body of a search."""

    filters = FiltersInput()
