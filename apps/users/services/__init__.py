"""What happens to accounts, groups, passwords, access keys and sessions.

``by`` is the user who does it, and is held to the rules of ``User.may_manage``; ``None`` is Weir itself
or the holder of the admin secret, who may do anything.
"""

from apps.users.services.access_keys import reset_access_key
from apps.users.services.accounts import EmailTaken, change_user, create_user, enrol
from apps.users.services.passwords import set_password
from apps.users.services.rights import NotTheirs
from apps.users.services.sessions import end_sessions

__all__ = [
    "EmailTaken",
    "NotTheirs",
    "change_user",
    "create_user",
    "end_sessions",
    "enrol",
    "reset_access_key",
    "set_password",
]
