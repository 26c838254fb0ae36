"""Accounts, groups, access keys, second factors and what is kept of passwords."""

from apps.users.models.accounts import User, validate_time_zone
from apps.users.models.groups import UserGroup
from apps.users.models.secrets import AccessKey, OldPassword
from apps.users.models.two_factor import RecoveryCode, TwoFactor

__all__ = ["AccessKey", "OldPassword", "RecoveryCode", "TwoFactor", "User", "UserGroup", "validate_time_zone"]
