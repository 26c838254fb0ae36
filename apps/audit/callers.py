"""Who a request comes from, and the secrets they came with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.core.authentication import BEARER, AdminCaller

ADMIN = "admin"
SHORTEST = 6  # characters; a shorter secret would be found in any text


def identified(request: HttpRequest) -> tuple[str, str]:
    """Give e-mail address and organisation of the caller: ``admin`` for the admin secret, "" for nobody.

    Ask after the view: a log-in changes who it is, and REST views do the authentication themselves.
    """
    caller: Any = getattr(request, "user", None)  # absent when a request fails before it is asked who comes
    if caller is None or not caller.is_authenticated:
        return "", ""
    if isinstance(caller, AdminCaller):
        return ADMIN, ""
    return caller.email, caller.organisation_id or ""


def secrets_of(request: HttpRequest) -> list[str]:
    """Give what must be in no record whatever holds it: Weir's own secrets, and the caller's.

    Only those that were found to be right: otherwise a caller could name a word that is to be hidden.
    """
    return [*own_secrets(), *(secret for secret in _right_secrets(request) if len(secret) >= SHORTEST)]


def own_secrets() -> list[str]:
    """Give Weir's own secrets."""
    own = (settings.ADMIN_SECRET, settings.NODE_SECRET, settings.SECRET_KEY, settings.AUDIT_SECRET)
    return [secret for secret in dict.fromkeys(own) if len(secret) >= SHORTEST]


def _right_secrets(request: HttpRequest) -> Iterator[str]:
    if not identified(request)[0]:
        return
    given = request.headers.get("Authorization", "").strip()
    if given and getattr(request, "auth", None):  # set by the REST view that took the key
        yield given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else given
    session = getattr(request, "session", None)
    if session is not None and session.accessed:  # else the cookie is only what the caller says it is
        yield session.session_key or ""
