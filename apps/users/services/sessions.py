"""Sessions: begun, changed over to another account, and ended.

A session knows, beside Django's own entries, when the person gave their credentials (``began``, Unix seconds),
what stood in for a second factor (``second_factor``), and which accounts the credentials open (``accounts``:
id → what the sessions of that account must know, so that a new password there ends this too).
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.audit.services import record_event
from apps.users.models import User

BACKEND = "apps.users.backends.PasswordBackend"
BEGAN = "began"
ACCOUNTS = "accounts"
SECOND_FACTOR = "second_factor"
CODE = "code"
PROVIDER = "provider"


@transaction.atomic
def sign_in(
    request: HttpRequest,
    user: User,
    *,
    second_factor: str = "",
    accounts: Mapping[str, str] | None = None,
    began: float | None = None,
) -> None:
    """Begin a session of an account, with a new key: the one way in, whatever kind of log-in it was.

    ``second_factor`` is ``CODE`` when the person gave one, ``PROVIDER`` when an identity provider vouches for
    them: then neither a second factor nor the age of a password is asked for here. ``accounts`` are those the
    credentials open, ``began`` when they were given, if not now.
    """
    if settings.DISABLE_PARALLEL_SESSIONS:
        end_sessions(user=user)
    login(request, user, backend=BACKEND)
    request.session[BEGAN] = int(began or time.time())
    request.session[SECOND_FACTOR] = second_factor
    request.session[ACCOUNTS] = dict(accounts or {})
    _remember_account(request, user)
    record_event(action="Log In", kind="user", id=user.pk, organisation=user.organisation_id)


def sign_out(request: HttpRequest) -> None:
    """End the session of a request."""
    user = request.user
    if isinstance(user, User) and user.pk:
        record_event(action="Log Out", kind="user", id=user.pk, organisation=user.organisation_id)
    logout(request)


@transaction.atomic
def end_sessions(*, user: User) -> None:
    """End every session of a user at once; access keys go on.

    It is one transaction, so that of two log-ins that each end the others' sessions only one remains.
    """
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])


def end_other_sessions(request: HttpRequest, user: User) -> None:
    """End every session of a user but that of the request, which gets a new key."""
    end_sessions(user=user)
    record_event(action="End Other Sessions", kind="user", id=user.pk, organisation=user.organisation_id)
    keep_session(request, user)


def keep_session(request: HttpRequest, user: User) -> None:
    """Let the session of a request go on after its user's password changed or their sessions were ended."""
    request.user = user  # it is: and Django keeps sessions of the request's user only
    update_session_auth_hash(request, user)
    _remember_account(request, user)


def _remember_account(request: HttpRequest, user: User) -> None:
    """Let a session know of its own account what has changed with it, so that it may come back to it."""
    accounts = request.session.get(ACCOUNTS, {})
    if user.pk in accounts:
        request.session[ACCOUNTS] = {**accounts, user.pk: user.get_session_auth_hash()}


def is_session_expired(request: HttpRequest) -> bool:
    """Tell whether it is too long ago that the person of a session gave their credentials."""
    began = request.session.get(BEGAN)
    return began is not None and time.time() - began > settings.SESSION_LIFETIME


def session_hashes(accounts: list[User]) -> dict[str, str]:
    """Give what a session keeps of the accounts that credentials open: id → what sessions of it must know."""
    return {user.pk: user.get_session_auth_hash() for user in accounts}


def linked_accounts(passes: Mapping[str, str]) -> list[User]:
    """Give the accounts of ``session_hashes`` that are still open: active, with the password and sessions of then."""
    found = User.objects.active().with_related().filter(pk__in=passes)
    return [user for user in found if constant_time_compare(passes[user.pk], user.get_session_auth_hash())]
