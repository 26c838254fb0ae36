"""Access keys: issued and shown once."""

from __future__ import annotations

from django.utils import timezone

from apps.core.ids import new_public_id
from apps.users.models import AccessKey, User
from apps.users.querysets import access_key_digest
from apps.users.services.rights import refuse_beyond


def reset_access_key(*, user: User, by: User | None = None) -> str:
    """Give an account a new access key and return it in plain text; the old one stops working at once.

    Users may always reset their own. Raises ``NotTheirs``.
    """
    if by != user:
        refuse_beyond(by, user)
    return issue_access_key(user)


def issue_access_key(user: User) -> str:
    """Make a new key in place of any old one, and give it in plain text."""
    key = new_public_id()
    made = {"digest": access_key_digest(key), "created_at": timezone.now(), "last_used_at": None}
    AccessKey.objects.update_or_create(user=user, defaults=made)
    return key
