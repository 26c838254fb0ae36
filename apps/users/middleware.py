"""Who is logged in is nobody until every step of the log-in is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from apps.users.models import User
from apps.users.services.login import next_step
from apps.users.services.sessions import SECOND_FACTOR, is_session_expired

GetResponse = Callable[[HttpRequest], HttpResponse]


class UnfinishedLoginMiddleware:
    """Makes an anonymous user of a person whose session has a step to do, or is over.

    So no page, no part of the staff site and no REST endpoint can forget to ask for a new password or for a
    second factor: they all meet an anonymous user, and send it to the log-in page, which knows the steps.
    Access keys are not concerned: they are no log-in.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the user is looked up when somebody asks for it."""
        known: Any = request.user
        request.user = SimpleLazyObject(lambda: _effective_user(request, known))  # type: ignore[assignment]
        return self.get_response(request)


def _effective_user(request: HttpRequest, known: Any) -> User | AnonymousUser:
    """Give the user of a session, or nobody: then ``unfinished_user`` is who it would be, once the steps are done."""
    request.unfinished_user = None  # type: ignore[attr-defined]
    if known.is_authenticated and is_session_expired(request):
        return AnonymousUser()
    if not known.is_authenticated or known.pk is None:  # nobody, or somebody whom a provider vouches for
        anonymous_or_external: User | AnonymousUser = known
        return anonymous_or_external
    if next_step(known, request.session.get(SECOND_FACTOR, "")) is None:
        user: User = known
        return user
    request.unfinished_user = known  # type: ignore[attr-defined]
    return AnonymousUser()


def unfinished_user(request: HttpRequest) -> User | None:
    """Give the person whose log-in has steps to do, if that is why the request is nobody's."""
    if request.user.is_authenticated:
        return None
    unfinished: User | None = getattr(request, "unfinished_user", None)
    return unfinished
