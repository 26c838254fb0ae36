"""A log-in between its steps: the credentials were right, and nothing is open yet.

It is kept in the session, which stays nobody's until ``sign_in``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from django.http import HttpRequest

from apps.users.models import User
from apps.users.services.sessions import linked_accounts, session_hashes

KEY = "pending"
LIFETIME = 600  # seconds from the credentials to the last step


@dataclass(frozen=True)
class PendingLogin:
    """``passes`` are the accounts that the credentials opened, ``account`` the one that was chosen, "" while none is.

    ``since`` is when this began and ``began`` when the credentials were given (Unix seconds); ``next`` is the
    page that is gone to.
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
        request.session[KEY] = asdict(self)

    def users(self) -> list[User]:
        """The accounts that may still be chosen."""
        return linked_accounts(self.passes)

    def user(self) -> User | None:
        """The account that was chosen, if the credentials still open it."""
        return next((user for user in self.users() if user.pk == self.account), None)


def pending_login(request: HttpRequest) -> PendingLogin | None:
    """Give the log-in that a session is in the middle of, unless it took too long."""
    kept = request.session.get(KEY)
    if not kept or time.time() - kept["since"] > LIFETIME:
        return None
    return PendingLogin(**kept)


def drop_pending_login(request: HttpRequest) -> None:
    """Leave the log-in."""
    request.session.pop(KEY, None)
