"""Accounts, groups, access keys and what is kept of passwords."""

from apps.users.models.accounts import User, validate_time_zone
from apps.users.models.groups import UserGroup
from apps.users.models.secrets import AccessKey, OldPassword

__all__ = ["AccessKey", "OldPassword", "User", "UserGroup", "validate_time_zone"]
