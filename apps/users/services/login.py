"""Logging in: whom credentials open, a log-in between its steps, and what else is asked before anything opens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from apps.core.throttling import TooManyAttempts, count_attempt, ip_count, name_count, reset_counts, uncount
from apps.users.backends import authenticate_all
from apps.users.models import User
from apps.users.password_policy import is_expired
from apps.users.services.sessions import CODE, PROVIDER, linked_accounts, session_hashes

#: What may stand between a person whose credentials are right and everything else.
ASK_CODE, ASK_PASSWORD, ASK_TWO_FACTOR = "code", "password", "two-factor"

PENDING = "pending"  # where a session has it
PENDING_LIFETIME = 600  # seconds from the credentials to the last step


def authenticate_accounts(*, email: str, password: str, ip: str) -> list[User]:
    """Give the accounts that an e-mail address and a password open, none when they are wrong.

    Raises ``TooManyAttempts`` after too many wrong ones from one client IP, for known and unknown names alike; with
    ``HIDE_LOGIN_FAILURE_LIMIT_ERROR`` that looks, and takes as long, as if they were wrong.
    """
    name, client = name_count(email, ip), ip_count(ip)
    try:
        count_attempt(name, client)
    except TooManyAttempts:
        if not settings.HIDE_LOGIN_FAILURE_LIMIT_ERROR:
            raise
        make_password(password)
        return []
    found = authenticate_all(email, password)
    if found:
        # Who has one of several accounts with this e-mail address may still be guessing at the others.
        is_all = User.objects.active().with_email(email).count() == len(found)
        (reset_counts if is_all else uncount)(name)
        uncount(client)
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


@dataclass(frozen=True)
class PendingLogin:
    """A log-in between its steps: the credentials were right, and nothing is open yet.

    It is kept in the session, which stays nobody's until ``sign_in``. ``passes`` are the accounts that the
    credentials opened, ``account`` the one that was chosen, "" while none is; ``since`` is when this began and
    ``began`` when the credentials were given (Unix seconds); ``next`` is the page that is gone to.
    """

    passes: Mapping[str, str]
    began: float
    since: float
    next: str
    account: str = ""

    @classmethod
    def of(cls, accounts: Sequence[User], next_page: str) -> Self:
        """Begin with the accounts that credentials opened just now."""
        return cls(session_hashes(list(accounts)), time.time(), time.time(), next_page)

    def keep(self, request: HttpRequest) -> None:
        """Put it in the session, under a new key: the old one may be known to somebody else."""
        request.session.cycle_key()
        request.session[PENDING] = asdict(self)

    def users(self) -> list[User]:
        """The accounts that may still be chosen."""
        return linked_accounts(self.passes)

    def user(self) -> User | None:
        """The account that was chosen, if the credentials still open it."""
        return next((user for user in self.users() if user.pk == self.account), None)


def pending_login(request: HttpRequest) -> PendingLogin | None:
    """Give the log-in that a session is in the middle of, unless it took too long."""
    kept = request.session.get(PENDING)
    if not kept or time.time() - kept["since"] > PENDING_LIFETIME:
        return None
    return PendingLogin(**kept)


def drop_pending_login(request: HttpRequest) -> None:
    """Leave the log-in."""
    request.session.pop(PENDING, None)
