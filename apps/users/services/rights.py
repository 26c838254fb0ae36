"""Who may do something to an account."""

from __future__ import annotations

from apps.core.errors import Refused
from apps.users.models import User


class NotTheirs(Refused):
    """The user who asks may not do this to that account."""

    status = 403
    message = "access denied: You do not have permission to change this user"


def refuse_beyond(by: User | None, user: User) -> None:
    """Hold the one who asks to what they may manage; staff are made by administrators only."""
    if by and not (by.may_manage(user) and (by.is_admin or not user.is_staff)):
        raise NotTheirs
