"""Who a request comes from, and the secrets they came with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from apps.core.authentication import BEARER, AdminCaller

ADMIN = "admin"
MIN_LENGTH = 6  # characters; a shorter secret would be found in any text


class Actor(NamedTuple):
    """Who does something, as records have it: an e-mail address, and the id of an organisation ("" for none)."""

    user: str
    organisation: str


def actor_of(request: HttpRequest) -> Actor:
    """Give who asks: ``admin`` for the holder of the admin secret, "" for nobody.

    Ask after the view: a log-in changes who it is, and REST views do the authentication themselves.
    """
    caller: Any = getattr(request, "user", None)  # absent when a request fails before it is asked who comes
    if caller is None or not caller.is_authenticated:
        return Actor("", "")
    if isinstance(caller, AdminCaller):
        return Actor(ADMIN, "")
    return Actor(caller.email, caller.organisation_id or "")


def secrets_of(request: HttpRequest) -> list[str]:
    """Give what must be in no record whatever holds it: Weir's own secrets, and the caller's.

    Only those that were found to be right: otherwise a caller could name a word that is to be hidden.
    """
    return [*own_secrets(), *(secret for secret in _right_secrets(request) if len(secret) >= MIN_LENGTH)]


def own_secrets() -> list[str]:
    """Give Weir's own secrets."""
    own = (settings.ADMIN_SECRET, settings.NODE_SECRET, settings.SECRET_KEY, settings.AUDIT_SECRET)
    return [secret for secret in dict.fromkeys(own) if len(secret) >= MIN_LENGTH]


def _right_secrets(request: HttpRequest) -> Iterator[str]:
    if not actor_of(request).user:
        return
    given = request.headers.get("Authorization", "").strip()
    if given and getattr(request, "auth", None):  # set by the REST view that took the key
        yield given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else given
    session = getattr(request, "session", None)
    if session is not None and session.accessed:  # else the cookie is only what the caller says it is
        yield session.session_key or ""
