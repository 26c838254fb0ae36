"""Passwords: one's own, and a forgotten one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core.requests import public_url
from apps.core.throttling import TooManyAttempts, count_attempt, mail_counts, throttled_ip
from apps.users.forms.account import OwnPasswordForm, PasswordResetConfirmForm, PasswordResetForm
from apps.users.resources import USERS
from apps.users.services import PasswordRefused
from apps.users.services.login import ASK_PASSWORD
from apps.users.services.passwords import ResetLinkExpired, request_reset_links, reset_password
from apps.users.services.sessions import keep_session
from apps.users.views.account import LoginStepView
from apps.users.views.login import AuthFlowView

NO_PUBLIC_URL = "This Weir does not know its own address, so it cannot send links: PUBLIC_URL is not set."


class OwnPassword(LoginStepView):
    """Change one's own password, because one likes to or because the old one is over. This session goes on."""

    step = ASK_PASSWORD
    audit_actions = {"post": "Change Own Password"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._show(OwnPasswordForm(self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the new password if the old one is right."""
        form = OwnPasswordForm(self.person, request.POST)
        if not form.is_valid():
            return self._show(form)
        USERS.admit_action("POST", self.person, "actions/reset", actor=self.person)
        form.save()
        keep_session(request, self.person)
        messages.success(request, "Your password is changed. Your other sessions are over.")
        return HttpResponseRedirect(self.next_url())

    def _show(self, form: OwnPasswordForm) -> HttpResponse:
        status = form.throttled.status if form.throttled else 200
        return self.show("password_change", status, form=form, is_step=self.is_step, person=self.person)


class PasswordReset(AuthFlowView):
    """Ask for a link to a new password. Neither the answer nor its time tells whether there is an account."""

    audit_actions = {"post": "Ask For Password Link"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.show("password_reset", form=PasswordResetForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Leave the mail to a worker."""
        form = PasswordResetForm(request.POST)
        if not form.is_valid():
            return self.show("password_reset", form=form)
        email, origin = form.cleaned_data["email"], public_url(request)
        if not origin:
            return self.show("password_reset", 503, form=form, error=NO_PUBLIC_URL)
        try:
            count_attempt(*mail_counts(email, throttled_ip(request)))
            request_reset_links(email=email, origin=origin)
        except TooManyAttempts as error:
            return self.show_throttled(error, "password_reset", form=form)
        return HttpResponseRedirect(reverse("forgotten-sent"))


class PasswordResetDone(AuthFlowView):
    """Say that a mail is on its way, if there is an account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.show("password_reset_sent", minutes=settings.PASSWORD_RESET_TIMEOUT // 60)


class PasswordResetConfirm(AuthFlowView):
    """Set a new password with the code of a link.

    The code stands behind the ``#`` of the link, which browsers send to nobody: so it is in no log.
    """

    audit_actions = {"post": "Recover Password"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form; its script takes the code from the link."""
        return self.show("password_reset_confirm", form=PasswordResetConfirmForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the password and send to the log-in."""
        form = PasswordResetConfirmForm(request.POST)
        if form.is_valid():
            try:
                reset_password(code=form.cleaned_data["code"], password=form.cleaned_data["new_password1"])
            except PasswordRefused as error:
                form.add_error("new_password1", error.problems)
            except ResetLinkExpired as error:
                return self.show("password_reset_confirm", form=form, link_error=error.message)
            else:
                messages.success(request, "Your password is changed. Log in with the new one.")
                return HttpResponseRedirect(reverse("login"))
        return self.show("password_reset_confirm", form=form)
