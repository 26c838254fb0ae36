"""What happens to accounts: made and changed."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.organisations.models import Organisation
from apps.users.models import User
from apps.users.permissions import canonical
from apps.users.services.access_keys import issue_access_key
from apps.users.services.rights import refuse_beyond


class EmailTaken(Refused):
    """Another account has this e-mail address."""

    status = 403
    message = "User email already exists for this Org"


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
    refuse_beyond(by, user)
    user.set_password(password)
    user.password_updated = timezone.now() if password else None
    _write(user)
    return issue_access_key(user)


@transaction.atomic
def change_user(*, user: User, by: User | None = None) -> User:
    """Write a changed account. Raises ``EmailTaken`` and ``NotTheirs``."""
    refuse_beyond(by, User.objects.select_for_update().get(pk=user.pk))
    refuse_beyond(by, user)
    return _write(user)


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
