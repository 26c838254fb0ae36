"""Accounts, groups, access keys, second factors and what is kept of passwords."""

from apps.users.models.accounts import User, UserGroup, validate_time_zone
from apps.users.models.credentials import AccessKey, OldPassword, RecoveryCode, TwoFactor

__all__ = ["AccessKey", "OldPassword", "RecoveryCode", "TwoFactor", "User", "UserGroup", "validate_time_zone"]
