"""Access keys: issued, taken over from an older dashboard, and shown once.

Only a digest is stored. A new key is kept beside it for a quarter of an hour, encrypted and in Redis, because
clients make a user and *then* read the key: the first who may see it gets it, and it is gone.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.transaction import on_commit
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from redis import RedisError

from apps.audit.services import record_event
from apps.core.encryption import DecryptionError, decrypt, encrypt
from apps.core.exceptions import ApplicationError
from apps.core.ids import new_public_id
from apps.core.redis import own_redis
from apps.users.models import AccessKey, User
from apps.users.querysets import access_key_digest
from apps.users.services.access_checks import check_can_reset_key

logger = logging.getLogger(__name__)

SHOW_ONCE_TTL = timedelta(minutes=15)
# As older dashboards make them: 32 hex characters, or a UUID with its dashes.
IMPORTED_KEY = re.compile(r"[0-9a-zA-Z-]{32,255}")


class InvalidAccessKey(ApplicationError):
    """A key that was brought along cannot be taken over."""

    status = 400
    message = "Access keys have at least 32 characters, letters, digits and dashes, and belong to one user"


def reset_access_key(*, user: User, actor: User | None = None) -> str:
    """Give an account a new access key and return it in plain text; the old one stops working at once.

    Users may always reset their own. Raises ``AccessDenied`` and ``KeyResetDenied``.
    """
    check_can_reset_key(actor, user)
    key = issue_access_key(user)
    record_event(action="Reset Access Key", kind="user", id=user.pk, organisation=user.organisation_id)
    return key


def issue_access_key(user: User) -> str:
    """Make a new key in place of any old one, and give it in plain text."""
    key = new_public_id()
    _save_key(user, key)
    return key


def needs_new_key(user: User) -> bool:
    """Tell whether an account that becomes active has no key, or one that was used before it was made inactive.

    That one may be in anybody's hands. Who was never active keeps the key that was told when they were made.
    """
    key = AccessKey.objects.filter(user=user).first()
    return key is None or key.last_used_at is not None


def renew_access_key(*, user: User, actor: User | None = None) -> None:
    """Reset a key as ``reset_access_key`` does, and keep the new one for ``show_once_take``."""
    show_once_keep(user, reset_access_key(user=user, actor=actor))


def import_access_key(*, user: User, key: str) -> None:
    """Make a key that somebody brings from an older dashboard the user's own. Raises ``InvalidAccessKey``."""
    if not IMPORTED_KEY.fullmatch(key):
        raise InvalidAccessKey
    try:
        with transaction.atomic():
            _save_key(user, key)
    except IntegrityError as error:
        raise InvalidAccessKey from error
    record_event(action="Take Over Access Key", kind="user", id=user.pk, organisation=user.organisation_id)


def is_access_key_of(user: User, key: str) -> bool:
    """Tell whether this is the user's present access key."""
    stored = AccessKey.objects.filter(user=user).values_list("digest", flat=True).first()
    return constant_time_compare(stored or "", access_key_digest(key))


def show_once_keep(user: User, key: str) -> None:
    """Keep a new key, once it is the user's, until somebody reads it or a quarter of an hour is over.

    Without Redis nobody can read it: the account works, and its key can be reset. What is rolled back leaves the key
    before, which may be unread.
    """
    place, encrypted = _redis_key(user), encrypt(key)
    on_commit(lambda: _keep(place, encrypted))


def _keep(place: str, encrypted: str) -> None:
    try:
        own_redis().set(place, encrypted, ex=SHOW_ONCE_TTL)
    except RedisError:
        logger.warning("A new access key cannot be shown (%s): Redis does not answer", place)


def show_once_or_keep(*, user: User, key: str, actor: User) -> str:
    """Give a new key to who made it; if they may not see it, keep it for its user and give ""."""
    if _may_see(actor, user):
        return key
    show_once_keep(user, key)
    return ""


def show_once_pending(user: User) -> bool:
    """Tell whether there is a key to reveal."""
    return bool(_read_kept(user, take=False))


def show_once_take(*, user: User, actor: User | None = None) -> str:
    """Give a new access key to the first who may see it, and "" to everybody else and ever after.

    The user may, and who manages the account unless ``FORBID_ADMIN_VIEW_ACCESS_TOKEN``.
    """
    return _read_kept(user, take=True) if _may_see(actor, user) else ""


def _read_kept(user: User, *, take: bool) -> str:
    """Give the key that is kept, "" for none, and for one that was replaced since."""
    try:
        redis = own_redis()
        encrypted: Any = (redis.getdel if take else redis.get)(_redis_key(user))  # bytes, as this client answers
        key = decrypt(encrypted.decode()) if encrypted else ""
    except (RedisError, DecryptionError):
        return ""
    return key if key and is_access_key_of(user, key) else ""


def _may_see(actor: User | None, user: User) -> bool:
    if actor is not None and actor == user:
        return True
    return not settings.FORBID_ADMIN_VIEW_ACCESS_TOKEN and (actor is None or actor.may_manage(user))


def _redis_key(user: User) -> str:
    return f"weir:new-access-key:{user.pk}"


def _save_key(user: User, key: str) -> None:
    made = {"digest": access_key_digest(key), "created_at": timezone.now(), "last_used_at": None}
    AccessKey.objects.update_or_create(user=user, defaults=made)
