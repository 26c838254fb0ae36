"""Who a request comes from, when somebody else vouches for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from apps.sso.sessions import user_of

GetResponse = Callable[[HttpRequest], HttpResponse]


class ExternalUserMiddleware:
    """Puts the external user of a session on ``request.user``, and nobody when its provider is trusted no more.

    It belongs right after Django's ``AuthenticationMiddleware``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; nothing is looked up before somebody asks who it is."""
        account: Any = request.user
        user: Any = SimpleLazyObject(lambda: user_of(request.session, account))
        request.user = user
        return self.get_response(request)
