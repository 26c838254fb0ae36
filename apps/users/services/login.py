"""Logging in: whom credentials open, and what else is asked before anything opens."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import make_password

from apps.users.backends import authenticate_all
from apps.users.models import User
from apps.users.password_policy import is_expired
from apps.users.services.sessions import CODE, PROVIDER
from apps.users.services.throttling import TooManyAttempts, count_attempt, ip_count, name_count, reset_counts, uncount

#: What may stand between a person whose credentials are right and everything else.
ASK_CODE, ASK_PASSWORD, ASK_TWO_FACTOR = "code", "password", "two-factor"


def authenticate_accounts(*, email: str, password: str, ip: str) -> list[User]:
    """Give the accounts that an e-mail address and a password open, none when they are wrong.

    Raises ``TooManyAttempts`` after too many wrong ones, for known and unknown names alike; with
    ``HIDE_LOGIN_FAILURE_LIMIT_ERROR`` that looks, and takes as long, as if they were wrong.
    """
    name, place = name_count(email), ip_count(ip)
    try:
        count_attempt(name, place)
    except TooManyAttempts:
        if not settings.HIDE_LOGIN_FAILURE_LIMIT_ERROR:
            raise
        make_password(password)
        return []
    found = authenticate_all(email, password)
    if found:
        # Who has one of several accounts with this address may still be guessing at the others.
        is_all = User.objects.active().with_email(email).count() == len(found)
        (reset_counts if is_all else uncount)(name)
        uncount(place)
    return found


def next_step(user: User, second_factor: str) -> str | None:
    """Give what a session of a user has to do before it opens anything, ``None`` for nothing.

    Who comes from an identity provider has no password here, and the provider's second factor.
    """
    if second_factor == PROVIDER:
        return None
    if user.has_two_factor and second_factor != CODE:
        return ASK_CODE
    if user.must_change_password or is_expired(user):
        return ASK_PASSWORD
    return ASK_TWO_FACTOR if user.must_set_up_two_factor else None
