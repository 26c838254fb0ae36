"""Who is calling a REST endpoint: an access key, a session, or the admin secret.

``/admin`` takes the admin secret and nothing else. Everything else takes an access key, else the
session cookie; a key that nobody (or nobody active) has is refused even when there is a session.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import QueryDict
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from apps.core.throttling import (
    Count,
    TooManyAttempts,
    access_key_count,
    admin_secret_count,
    count_attempt,
    reset_counts,
    throttled_ip,
)

if TYPE_CHECKING:
    from apps.users.models import User

BEARER = "bearer "


def _count(count: Count) -> None:
    """Count a try. Raises ``Throttled`` after too many."""
    try:
        count_attempt(count)
    except TooManyAttempts as error:
        raise Throttled(error.seconds) from error


class AccessKeyAuthentication(BaseAuthentication):
    """``Authorization: <access key>``, or ``Bearer <access key>`` as newer clients send it.

    Keys that nobody has are counted by client IP, and are 429 after too many. A right one is always taken: nobody
    guesses 128 random bits, and one program with an old key must not stop all others at its address.
    """

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """Give the active user who has this key."""
        header = request.headers.get("Authorization", "").strip()
        if not header:
            return None
        key = header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else header
        user = get_user_model().objects.with_access_key(key)
        if user is None:
            _count(access_key_count(throttled_ip(request)))
            raise AuthenticationFailed
        return user, "access key"

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing credential is a 401 and not a 403."""
        return "Bearer"


class CookieAuthentication(SessionAuthentication):
    """The session cookie, with the CSRF token in a header for whatever writes.

    Bodies are JSON whatever their type says: Django must not look for the token in what is said to be a form.
    """

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a write without the token; raises ``PermissionDenied``."""
        asked: Any = request._request  # noqa: SLF001  (as Django REST framework's own classes do)
        asked._post = QueryDict()  # noqa: SLF001  (read already, for all that Django knows)
        super().enforce_csrf(asked)


@dataclass(frozen=True)
class AdminCaller:
    """Whoever holds the admin secret: not a user, may do everything in every organisation."""

    is_authenticated: bool = True
    is_active: bool = True
    organisation_id: None = None
    pk: None = None

    def allows(self, name: str | None, level: str = "read") -> bool:
        """Allow everything."""
        return True


class AdminSecretAuthentication(BaseAuthentication):
    """``admin-auth: <admin secret>``. Nobody comes in while no secret is configured.

    Wrong ones ask for waits that grow, by client IP, in which a right one is not looked at either.
    """

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """Compare the secret in constant time."""
        given, secret = request.headers.get("admin-auth", "").encode(), settings.ADMIN_SECRET.encode()
        if not (given and secret):
            raise AuthenticationFailed
        count = admin_secret_count(throttled_ip(request))
        _count(count)
        if not hmac.compare_digest(given, secret):
            raise AuthenticationFailed
        reset_counts(count)
        return AdminCaller(), "admin secret"

    def authenticate_header(self, request: Request) -> str:
        """Name the header, so that a missing secret is a 401 and not a 403."""
        return "admin-auth"
