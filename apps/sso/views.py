"""Pages of single sign-on: coming in by nonce or with a provider, waiting for a permission, and why not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache

from apps.core.logging import request_id
from apps.sso import openid, services
from apps.sso.external_users import may_anything
from apps.sso.login_errors import LOGIN_ERRORS, LoginRefused
from apps.sso.models import IdentityProvider
from apps.users.middleware import unfinished_user
from apps.users.models import User
from apps.users.views.login import Login

NEXT_URL = "sso_next"
"""Where a session keeps the page a person next_url, while they are at their provider."""


@method_decorator(never_cache, name="dispatch")
class SignIn(View):
    """Something that signs people in, or sends them to the page that says why not."""

    http_method_names = ["get"]  # a HEAD would use the nonce up

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        """Tell whoever does not come in why; the URL with the secret in it goes to nobody."""
        try:
            answer = super().dispatch(request, *args, **options)
        except LoginRefused as refusal:
            elsewhere = settings.SSO_CUSTOM_LOGIN_ERROR_URL
            answer = HttpResponseRedirect(elsewhere or reverse("sso-failed", args=[refusal.reason]))
        answer["Referrer-Policy"] = "no-referrer"
        return answer


class Tap(SignIn):
    """Take a nonce."""

    audit_writes = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Start the session that the nonce stands for."""
        return _redirect_inside(services.login_with_nonce(request=request, nonce=request.GET.get("nonce", "")))


class Start(SignIn):
    """Go to an identity provider."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Send the browser there, and remember where it wanted to go."""
        provider = _provider(slug)
        answer = openid.authorize(request, provider, request.build_absolute_uri(reverse("sso-callback", args=[slug])))
        request.session[NEXT_URL] = request.GET.get("next", "")
        return answer


class Callback(SignIn):
    """Come back from an identity provider."""

    audit_writes = True

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Sign in the person that the provider vouches for."""
        next_url = request.session.get(NEXT_URL, "")
        user = services.login_with_provider(request=request, provider=_provider(slug))
        if url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
            return _redirect_inside(user, next_url)
        return _redirect_inside(user)


class Waiting(View):
    """For people who are in and may do nothing yet: whom to ask."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Go on as soon as anything is permitted."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        person = request.user
        if may_anything(person):
            return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)
        administrators = User.objects.visible_to(person).active().administrators()[:5]
        return render(request, "sso/waiting.html", {"administrators": administrators, "has_account": bool(person.pk)})


class Failed(View):
    """Why somebody could not be signed in."""

    def get(self, request: HttpRequest, reason: str) -> HttpResponse:
        """Say it."""
        if reason not in LOGIN_ERRORS:
            raise Http404
        shown = {"reason": LOGIN_ERRORS[reason], "request_id": request_id.get()}
        return render(request, "sso/failed.html", shown, status=LOGIN_ERRORS[reason].status)


class ExternalLogin(Login):
    """The log-in page; with ``SSO_CUSTOM_LOGIN_URL`` it is elsewhere, and ``?local=true`` asks for this one."""

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        """Send people on, except those who are in already and those who send the form of this page."""
        is_known = request.user.is_authenticated or unfinished_user(request) is not None
        is_wanted_here = request.method != "GET" or "local" in request.GET or is_known
        if settings.SSO_CUSTOM_LOGIN_URL and not is_wanted_here:
            return HttpResponseRedirect(settings.SSO_CUSTOM_LOGIN_URL)
        return super().dispatch(request, *args, **options)


def _provider(slug: str) -> IdentityProvider:
    return get_object_or_404(IdentityProvider.objects.in_use().prefetch_related("mappings"), slug=slug)


def _redirect_inside(user: User, next_url: str = "") -> HttpResponse:
    if not may_anything(user):
        return HttpResponseRedirect(reverse("sso-waiting"))
    return HttpResponseRedirect(next_url or settings.LOGIN_REDIRECT_URL)
