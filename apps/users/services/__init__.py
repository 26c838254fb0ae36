"""What happens to accounts, groups, passwords, access keys and sessions.

``actor`` is the user who does it, and is held to the rules of ``User.may_manage``; ``None`` is Weir itself
or the holder of the admin secret, who may do anything.
"""

from apps.users.services.access_checks import (
    AccessCheck,
    AccessDenied,
    PasswordResetDenied,
    check_can_reset_key,
    check_can_set_password,
    is_denied,
)
from apps.users.services.access_keys import (
    hand_over,
    is_access_key_of,
    is_key_kept,
    keep_for_reveal,
    renew_access_key,
    reset_access_key,
    reveal_access_key,
    take_over_access_key,
)
from apps.users.services.accounts import (
    EmailTaken,
    allow_reset_passwords,
    change_user,
    create_user,
    delete_user,
    enrol,
    revoke_user,
)
from apps.users.services.administration import administer_user, founders_permissions
from apps.users.services.groups import change_group, create_group, delete_group
from apps.users.services.passwords import PasswordRefused, WrongPassword, prove_password, set_password
from apps.users.services.sessions import end_sessions, sign_in
from apps.users.services.two_factor import remove_two_factor

__all__ = [
    "AccessCheck",
    "AccessDenied",
    "EmailTaken",
    "PasswordRefused",
    "PasswordResetDenied",
    "WrongPassword",
    "administer_user",
    "allow_reset_passwords",
    "change_group",
    "change_user",
    "check_can_reset_key",
    "check_can_set_password",
    "create_group",
    "create_user",
    "delete_group",
    "delete_user",
    "end_sessions",
    "enrol",
    "founders_permissions",
    "hand_over",
    "is_access_key_of",
    "is_denied",
    "is_key_kept",
    "keep_for_reveal",
    "prove_password",
    "remove_two_factor",
    "renew_access_key",
    "reset_access_key",
    "reveal_access_key",
    "revoke_user",
    "set_password",
    "sign_in",
    "take_over_access_key",
]
