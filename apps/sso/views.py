"""Pages of single sign-on: coming in by nonce or with a provider, waiting for a permission, and why not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache

from apps.audit.context import begin_transaction
from apps.core.logging import request_id
from apps.core.requests import public_url
from apps.sso import openid, services
from apps.sso.external_users import may_anything
from apps.sso.identities import ExternalIdentity
from apps.sso.login_errors import ADDRESS, LOGIN_ERRORS, LoginRefused
from apps.sso.models import IdentityProvider
from apps.sso.services.nonces import redeem
from apps.users.middleware import unfinished_user
from apps.users.models import User
from apps.users.views.login import Login

GROUPS_LEFT_OUT = (
    "Your identity provider did not tell which groups you are in, as some do for people in very many. You may see less"
    " than you should: an administrator can have it send only the groups that matter here."
)


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
        except openid.ProviderBusy:  # nothing was used up: the browser waits, and no thread does
            answer = render(request, "sso/busy.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
            answer["Refresh"] = answer["Retry-After"] = "1"
        answer["Referrer-Policy"] = "no-referrer"
        return answer


class Start(SignIn):
    """Go to an identity provider."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Send the browser there, and remember where it wanted to go."""
        provider = _provider(slug)
        origin = public_url(request)
        if not origin:
            raise LoginRefused(ADDRESS)
        callback_url = origin + reverse("sso-callback", args=[slug])
        return openid.authorize(request, provider, callback_url, request.GET.get("next", ""))


class ExternalSignIn(SignIn, ABC):
    """Come back from whoever vouches for a person; they are asked before the transaction begins."""

    audit_writes = asks_first = True
    provider: IdentityProvider | None = None
    next_url = ""

    @abstractmethod
    def identify(self, request: HttpRequest, **options: Any) -> ExternalIdentity:
        """Ask who it is. Raises ``LoginRefused``."""

    def get(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """Sign in whoever it is."""
        try:
            identity = self.identify(request, **options)
        except LoginRefused as refusal:
            begin_transaction()
            services.refuse_login(refusal=refusal, provider=self.provider)
            raise
        begin_transaction()
        if identity.groups_left_out:
            messages.error(request, GROUPS_LEFT_OUT)
        return self._redirect(services.login(request=request, identity=identity))

    def _redirect(self, user: User) -> HttpResponse:
        if not may_anything(user):
            return HttpResponseRedirect(reverse("sso-waiting"))
        hosts, is_secure = {self.request.get_host()}, self.request.is_secure()
        is_safe = url_has_allowed_host_and_scheme(self.next_url, hosts, require_https=is_secure)
        return HttpResponseRedirect(self.next_url if is_safe else settings.LOGIN_REDIRECT_URL)


class Tap(ExternalSignIn):
    """Take a nonce."""

    def identify(self, request: HttpRequest, **options: Any) -> ExternalIdentity:
        """Redeem it."""
        return redeem(request.GET.get("nonce", ""))


class Callback(ExternalSignIn):
    """Come back from an identity provider."""

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        """Have the browser forget the sign-in that is over, unless it has to ask again."""
        answer = super().dispatch(request, *args, **options)
        if self.provider and answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            openid.PendingSignIn(self.provider, request).forget(answer)
        return answer

    def identify(self, request: HttpRequest, **options: Any) -> ExternalIdentity:
        """Have the provider tell what the code stands for."""
        self.provider = _provider(options["slug"])
        self.next_url = openid.PendingSignIn(self.provider, request).next_url
        return openid.callback(request, self.provider)


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
