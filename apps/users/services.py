"""What happens to accounts: made, changed, given a password, given an access key.

``by`` is the user who does it, and is held to the rules of ``User.may_manage``; ``None`` is Weir itself
or the holder of the admin secret, who may do anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.ids import new_public_id
from apps.organisations.models import Organisation
from apps.users.models import AccessKey, User
from apps.users.permissions import canonical
from apps.users.querysets import access_key_digest


class EmailTaken(Refused):
    """Another account has this e-mail address."""

    status = 403
    message = "User email already exists for this Org"


class NotTheirs(Refused):
    """The user who asks may not do this to that account."""

    status = 403
    message = "access denied: You do not have permission to change this user"


def create_user(
    *,
    email: str,
    organisation: Organisation | None,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    user_permissions: Mapping[str, str] | None = None,
    is_staff: bool = False,
    by: User | None = None,
) -> tuple[User, str]:
    """Make an active account and its access key, as ``enrol`` does; gives both."""
    user = User(
        email=email,
        organisation=organisation,
        first_name=first_name,
        last_name=last_name,
        user_permissions=dict(user_permissions or {}),
        is_staff=is_staff,
    )
    return user, enrol(user=user, password=password, by=by)


@transaction.atomic
def enrol(*, user: User, password: str | None, by: User | None = None) -> str:
    """Write a new account and give its access key in plain text, here and never again.

    Without an organisation the account is a super user's. Without a password nobody can log in until
    one is set; the access key works at once. An empty permission map makes an administrator.
    Raises ``EmailTaken`` and ``NotTheirs``.
    """
    _refuse_beyond(by, user)
    user.set_password(password)
    user.password_updated = timezone.now() if password else None
    _write(user)
    return _issue_access_key(user)


@transaction.atomic
def change_user(*, user: User, by: User | None = None) -> User:
    """Write a changed account. Raises ``EmailTaken`` and ``NotTheirs``."""
    _refuse_beyond(by, User.objects.select_for_update().get(pk=user.pk))
    _refuse_beyond(by, user)
    return _write(user)


def set_password(*, user: User, password: str, by: User | None = None) -> User:
    """Give an account a new password; sessions opened with the old one end. Raises ``NotTheirs``."""
    _refuse_beyond(by, user)
    user.set_password(password)
    user.password_updated = timezone.now()
    user.save(update_fields=["password", "password_updated"])
    return user


def reset_access_key(*, user: User, by: User | None = None) -> str:
    """Give an account a new access key and return it in plain text; the old one stops working at once.

    Users may always reset their own. Raises ``NotTheirs``.
    """
    if by != user:
        _refuse_beyond(by, user)
    return _issue_access_key(user)


def _refuse_beyond(by: User | None, user: User) -> None:
    """Hold the one who asks to what they may manage; staff are made by administrators only."""
    if by and not (by.may_manage(user) and (by.is_admin or not user.is_staff)):
        raise NotTheirs


def _write(user: User) -> User:
    """Write an account, if no other has its address."""
    user.email = user.email.strip().lower()
    user.user_permissions = canonical(user.user_permissions)
    with transaction.atomic():
        User.objects.hold_email(user.email)
        if User.objects.with_address_of(user).exists():
            raise EmailTaken
        user.save()
    return user


def _issue_access_key(user: User) -> str:
    key = new_public_id()
    made = {"digest": access_key_digest(key), "created_at": timezone.now(), "last_used_at": None}
    AccessKey.objects.update_or_create(user=user, defaults=made)
    return key
