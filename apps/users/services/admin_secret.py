"""What the holder of the admin secret does to accounts beyond what users may do to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.users.models import User
from apps.users.permissions import ADMIN, IS_ADMIN, canonical, is_admin, with_reset_password
from apps.users.services.access_keys import import_access_key, is_access_key_of
from apps.users.services.passwords import set_password
from apps.users.services.users import change_user


def admin_secret_permissions(permissions: Mapping[str, str]) -> dict[str, str]:
    """Give the map of a user made with the admin secret: administrators of that making may reset passwords too.

    Who was given no map is an administrator (dashboard admin API, 5.13).
    """
    granted = canonical(permissions) or {IS_ADMIN: ADMIN}
    return with_reset_password(granted, administrator=True) if is_admin(granted) else granted


@transaction.atomic
def change_user_with_secret(*, user: User, changes: Mapping[str, Any], password: str = "", access_key: str = "") -> str:
    """Write changes of an account with its new password and with a key from an older dashboard, if there are any.

    Gives the access key that the account has now, if it was given, else "". Raises what ``change_user``,
    ``set_password`` and ``import_access_key`` raise.
    """
    change_user(user=user, changes=changes)
    if password:
        set_password(user=user, password=password, first=True)
    if access_key and not is_access_key_of(user, access_key):
        import_access_key(user=user, key=access_key)
    return access_key
