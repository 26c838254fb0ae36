"""Logging in: credentials, then the organisation where there are several, then the code where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.throttling import TooManyAttempts, throttled_ip
from apps.users.forms.account import AccountForm, CodeForm, LoginForm
from apps.users.middleware import unfinished_user
from apps.users.models import User
from apps.users.services import sign_in
from apps.users.services.login import (
    ASK_PASSWORD,
    ASK_TWO_FACTOR,
    PendingLogin,
    authenticate_accounts,
    drop_pending_login,
    next_step,
    pending_login,
)
from apps.users.services.sessions import CODE, SECOND_FACTOR, sign_out
from apps.users.services.two_factor import WrongCode, check_code

WRONG = "E-mail address or password is wrong, or the account is not active."
STEPS = {ASK_PASSWORD: "new-password", ASK_TWO_FACTOR: "two-factor-set-up"}


@method_decorator([sensitive_post_parameters(), csrf_protect, never_cache], name="dispatch")
class AuthFlowView(RedirectURLMixin, View):
    """A page on the way in. ``next`` is where the way leads, if that is a page of ours."""

    next_page = "home"

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Show a page of the way in."""
        shown = {"next": self.get_redirect_url(), **context}
        return render(self.request, f"users/{template}.html", shown, status=status)

    def show_throttled(self, error: TooManyAttempts, template: str, **context: Any) -> HttpResponse:
        """Show a page again, with how long to wait."""
        response = self.show(template, error.status, error=error.message, **context)
        response["Retry-After"] = str(error.seconds)
        return response


class Login(AuthFlowView):
    """Ask for e-mail address and password; who is in already goes on, to the next step if there is one."""

    audit_actions = {"post": "Log In"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send on whoever need not be asked."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        unfinished = unfinished_user(request)
        step = unfinished and STEPS.get(next_step(unfinished, request.session.get(SECOND_FACTOR, "")) or "")
        if step:
            return redirect_to_login(self.get_success_url(), reverse(step))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.show("login", form=LoginForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the credentials to the next step."""
        form = LoginForm(request.POST)
        found: list[User] = []
        if form.is_valid():
            try:
                found = authenticate_accounts(
                    email=form.cleaned_data["username"],
                    password=form.cleaned_data["password"],
                    ip=throttled_ip(request),
                )
            except TooManyAttempts as error:
                return self.show_throttled(error, "login", form=form)
        if not found:
            return self.show("login", form=form, error=WRONG)
        return continue_login(request, PendingLogin.of(found, self.get_success_url()), found)


class ChooseOrganisation(AuthFlowView):
    """Ask which of several accounts to log in to."""

    audit_actions = {"post": "Choose Organisation"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in only whoever gave credentials a moment ago."""
        pending = pending_login(request)
        if pending is None or not pending.users():
            return HttpResponseRedirect(reverse("login"))
        self.pending = pending
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the organisations."""
        return self.show("choose_organisation", form=AccountForm(users=self.pending.users()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the chosen account to the next step."""
        form = AccountForm(request.POST, users=self.pending.users())
        if not form.is_valid():
            return self.show("choose_organisation", form=form)
        return continue_login(request, self.pending, [form.chosen])


class EnterCode(AuthFlowView):
    """Ask for a code of the second factor."""

    audit_actions = {"post": "Enter Code"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in only whoever gave credentials a moment ago."""
        pending = pending_login(request)
        user = pending.user() if pending else None
        if pending is None or user is None:
            return HttpResponseRedirect(reverse("login"))
        self.pending, self.user = pending, user
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.show("two_factor_code", form=CodeForm(), person=self.user)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Log in when the code is right."""
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                check_code(user=self.user, code=form.cleaned_data["code"])
                return finish_login(request, self.pending, self.user, CODE)
            except TooManyAttempts as error:
                return self.show_throttled(error, "two_factor_code", form=CodeForm(), person=self.user)
            except WrongCode:
                pass
        return self.show("two_factor_code", form=CodeForm(), person=self.user, error=f"{WrongCode.message}.")


class Logout(View):
    """End the session."""

    http_method_names = ["post", "options"]
    audit_actions = {"post": "Log Out"}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Log out and ask who comes next; who is in the middle of a log-in leaves it."""
        sign_out(request)
        return HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL)


def continue_login(request: HttpRequest, pending: PendingLogin, found: list[User]) -> HttpResponse:
    """Take a log-in to its next step: the organisation, the code, or in."""
    if len(found) > 1:
        pending.keep(request)
        return HttpResponseRedirect(reverse("log-in-organisation"))
    if not found[0].has_two_factor:
        return finish_login(request, pending, found[0], "")
    replace(pending, account=found[0].pk).keep(request)
    return HttpResponseRedirect(reverse("log-in-code"))


def finish_login(request: HttpRequest, pending: PendingLogin, user: User, second_factor: str) -> HttpResponse:
    """Begin the session, and go where the person wanted to, by way of what they have to do first."""
    drop_pending_login(request)
    passes = pending.passes if len(pending.passes) > 1 else {}
    sign_in(request, user, second_factor=second_factor, accounts=passes, began=pending.began)
    step = STEPS.get(next_step(user, second_factor) or "")
    return redirect_to_login(pending.next, reverse(step)) if step else HttpResponseRedirect(pending.next)
