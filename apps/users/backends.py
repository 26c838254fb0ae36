"""How people are known by e-mail address and password, and found again by their session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from apps.users.models import User


class PasswordBackend(BaseBackend):
    """E-mail address and password. One e-mail address may have an account in each of several organisations."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """Give the first account that these open; ``authenticate_all`` gives all."""
        return next(iter(authenticate_all(username or "", password or "")), None)

    def get_user(self, user_id: str) -> User | None:
        """Find the user of a session, if still active."""
        user: User | None = User.objects.active().with_related().filter(pk=user_id).first()
        return user


def authenticate_all(email: str, password: str) -> list[User]:
    """Give every active account that an e-mail address and a password open.

    Takes about as long when there is none, so that its time does not tell whether an e-mail address is known.
    """
    candidates = list(User.objects.active().with_email(email).with_related())
    if not candidates:
        make_password(password)
    return [user for user in candidates if user.check_password(password)]
