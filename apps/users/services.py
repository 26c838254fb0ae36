"""What happens to accounts: made, given a password, given a new access key."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
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


@transaction.atomic
def create_user(
    *,
    email: str,
    organisation: Organisation | None,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    user_permissions: Mapping[str, str] | None = None,
    is_active: bool = True,
    is_staff: bool = False,
    time_zone: str = "",
) -> tuple[User, str]:
    """Make an account and its access key; the key is given in plain text here and never again.

    Without an organisation the account is a super user's. Without a password nobody can log in until
    one is set; the access key works at once. An empty or missing permission map makes an administrator.
    Raises ``EmailTaken``.
    """
    user = User(
        email=email.strip().lower(),
        organisation=organisation,
        first_name=first_name,
        last_name=last_name,
        user_permissions=canonical(user_permissions or {}),
        is_active=is_active,
        is_staff=is_staff,
        time_zone=time_zone,
    )
    user.set_password(password)
    user.password_updated = timezone.now() if password else None
    save(user=user)
    return user, reset_access_key(user=user)


def save(*, user: User) -> User:
    """Write an account that was made or changed. Raises ``EmailTaken``."""
    user.email = user.email.strip().lower()
    user.user_permissions = canonical(user.user_permissions)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
            raise EmailTaken from error
        raise
    return user


def set_password(*, user: User, password: str) -> User:
    """Give an account a new password; sessions opened with the old one end."""
    user.set_password(password)
    user.password_updated = timezone.now()
    user.save(update_fields=["password", "password_updated"])
    return user


def reset_access_key(*, user: User) -> str:
    """Give an account a new access key and return it; the old one stops working at once."""
    key = new_public_id()
    made = {"digest": access_key_digest(key), "created_at": timezone.now(), "last_used_at": None}
    AccessKey.objects.update_or_create(user=user, defaults=made)
    return key
