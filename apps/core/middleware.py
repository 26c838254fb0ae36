"""What happens to every request before a view and after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import is_valid_path, resolve
from django.utils import timezone

from apps.core.envelope import bad_request, is_rest, too_large
from apps.core.health import ALIVE_PATHS, MONITORING_PATHS
from apps.core.ids import new_public_id
from apps.core.logging import request_id
from apps.core.tenancy import scopes_kept

GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestIdMiddleware:
    """Gives every request an id, taken from ``X-Request-ID`` when a proxy set one, and answers with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the id, and keep it for the log lines of this request."""
        given = request.headers.get("X-Request-ID", "")
        chosen = given if REQUEST_ID.fullmatch(given) else new_public_id()
        request_id.set(chosen)  # until the thread's next request: Django logs a 4xx after the answer is made
        response = self.get_response(request)
        response["X-Request-ID"] = chosen
        return response


class FinalSlashMiddleware:
    """Lets addresses that are written without a final slash work with one too, for every method and without redirect.

    Clients differ (tyk-sync appends one, scripts do not) and a redirect turns their POST into a GET. Pages, which have
    one, are redirected to it by Django.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Route as if no slash had been sent; ``request.path`` keeps what was."""
        path = request.path_info
        if is_rest(path) or (path.endswith("/") and not is_valid_path(path) and is_valid_path(path.rstrip("/"))):
            request.path_info = path.rstrip("/")
        return self.get_response(request)


class HealthMiddleware:
    """Answers whoever asks how Weir is, before anything that asks PostgreSQL or Redis for a session or a user.

    It is before ``CommonMiddleware`` too: orchestrators and Prometheus ask each process by its address, which
    ``ALLOWED_HOSTS`` cannot know.
    """

    PATHS = ALIVE_PATHS | MONITORING_PATHS

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer by the view that the path has."""
        if request.path_info not in self.PATHS:
            return self.get_response(request)
        answer: HttpResponse = resolve(request.path_info).func(request)
        return answer


class NullCharacterMiddleware:
    """Finds no page where a path has a null character: no text that PostgreSQL holds has one.

    REST says by itself what is not there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer what has none. Raises ``Http404``."""
        if "\0" in request.path_info and not is_rest(request.path_info):
            raise Http404
        return self.get_response(request)


class BodyMiddleware:
    """Reads every body to its end, before a transaction is open that would wait for whoever sends it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse a body of more than ``MAX_BODY_BYTES`` bytes and one that breaks off."""
        try:
            _ = request.body
        except RequestDataTooBig as error:
            return too_large(request, error)
        except UnreadablePostError as error:
            return bad_request(request, error)
        return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Lets pages load nothing but Weir's own files, and run no script or style that stands in a page.

    The documentation of the REST endpoints is Swagger's own page, which has both in it.
    """

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    INLINE_ROUTES = frozenset({"openapi-page"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the policy, unless the answer has one or is Django's own page about an error."""
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code >= HTTPStatus.BAD_REQUEST):
            response.headers.setdefault("Content-Security-Policy", self._policy(request))
        return response

    def _policy(self, request: HttpRequest) -> str:
        route = request.resolver_match.url_name if request.resolver_match else None
        if route not in self.INLINE_ROUTES:
            return self.POLICY
        return self.POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'").replace(
            "style-src 'self'", "style-src 'self' 'unsafe-inline'"
        )


class ScopeMiddleware:
    """Lets what somebody may see be worked out once for a request, and forgotten with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer while scopes are kept."""
        with scopes_kept():
            return self.get_response(request)


class TimezoneMiddleware:
    """Shows times in the zone of the person who is logged in, else in the site's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside the zone; REST answers are in UTC whatever the zone."""
        if is_rest(request.path_info):
            return self.get_response(request)
        with timezone.override(getattr(request.user, "zone", settings.DISPLAY_TIME_ZONE)):
            return self.get_response(request)


class NoStoreMiddleware:
    """Lets nobody keep an answer that the view says nothing about: pages, REST answers and files are for their reader.

    Static files are answered before this and may be kept.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, to be kept by nobody."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
