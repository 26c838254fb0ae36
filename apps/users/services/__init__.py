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
    import_access_key,
    is_access_key_of,
    renew_access_key,
    reset_access_key,
    show_once_keep,
    show_once_or_keep,
    show_once_pending,
    show_once_take,
)
from apps.users.services.groups import change_group, create_group, delete_group
from apps.users.services.passwords import PasswordRefused, WrongPassword, check_own_password, set_password
from apps.users.services.sessions import end_sessions, sign_in
from apps.users.services.two_factor import remove_two_factor
from apps.users.services.users import (
    EmailTaken,
    admin_secret_permissions,
    allow_reset_passwords,
    change_user,
    change_user_with_secret,
    create_user,
    delete_user,
    revoke_user,
)

__all__ = [
    "AccessCheck",
    "AccessDenied",
    "EmailTaken",
    "PasswordRefused",
    "PasswordResetDenied",
    "WrongPassword",
    "admin_secret_permissions",
    "allow_reset_passwords",
    "change_group",
    "change_user",
    "change_user_with_secret",
    "check_can_reset_key",
    "check_can_set_password",
    "check_own_password",
    "create_group",
    "create_user",
    "delete_group",
    "delete_user",
    "end_sessions",
    "import_access_key",
    "is_access_key_of",
    "is_denied",
    "remove_two_factor",
    "renew_access_key",
    "reset_access_key",
    "revoke_user",
    "set_password",
    "show_once_keep",
    "show_once_or_keep",
    "show_once_pending",
    "show_once_take",
    "sign_in",
]
