"""The second factor of one's own account: set up, switched off, new recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from apps.core.encryption import DecryptionError, decrypt, encrypt
from apps.core.exceptions import ApplicationError
from apps.core.throttling import TooManyAttempts
from apps.users.forms.account import CodeForm, DisableTwoFactorForm, organisation_name
from apps.users.services import check_own_password
from apps.users.services.login import ASK_TWO_FACTOR
from apps.users.services.sessions import CODE, PROVIDER, SECOND_FACTOR, keep_session
from apps.users.services.two_factor import renew_recovery_codes, set_up_two_factor, switch_off_two_factor
from apps.users.totp import enrolment_uri, new_seed
from apps.users.views.account import AccountView, LoginStepView

SEED = "two_factor_seed"


class SetUpTwoFactor(LoginStepView):
    """Show a seed and take a code made of it. Until then the seed is only in the session, encrypted."""

    step = ASK_TWO_FACTOR
    audit_actions = {"post": "Set Up Two-Factor Log-In"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Leave whoever has a second factor alone."""
        person = self.find_person(request)
        if person is not None and person.has_two_factor:
            return HttpResponseRedirect(reverse("profile"))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the seed."""
        return self._ask()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the code, and show the recovery codes once."""
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._ask()
        try:
            codes = set_up_two_factor(user=self.person, seed=self._seed(), code=form.cleaned_data["code"])
        except TooManyAttempts as error:
            return self.show_throttled(error, "two_factor_set_up", **self._shown())
        except ApplicationError as error:
            return self._ask(error=f"{error.message}.")
        del request.session[SEED]
        if request.session.get(SECOND_FACTOR) != PROVIDER:
            request.session[SECOND_FACTOR] = CODE
        keep_session(request, self.person)
        return self.show("two_factor_codes", codes=codes, onward=self.next_url())

    def _ask(self, **more: Any) -> HttpResponse:
        return self.show("two_factor_set_up", **self._shown(), **more)

    def _shown(self) -> dict[str, Any]:
        seed, person = self._seed(), self.person
        uri = enrolment_uri(seed, f"{person.email} ({organisation_name(person)})")
        return {
            "form": CodeForm(),
            "person": person,
            "is_step": self.is_step,
            "seed": " ".join(seed[start : start + 4] for start in range(0, len(seed), 4)),
            "picture": segno.make(uri, error="m").svg_data_uri(scale=4, border=4, light="#fff"),
        }

    def _seed(self) -> str:
        """Give the seed of this session, a new one if there is none: the same for as long as the page is open."""
        try:
            return decrypt(self.request.session.get(SEED, ""))
        except DecryptionError:
            seed = new_seed()
            self.request.session[SEED] = encrypt(seed)
            return seed


class RenewRecoveryCodes(AccountView):
    """Give new recovery codes to who shows a code."""

    audit_actions = {"post": "Renew Recovery Codes"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code."""
        return self.show("two_factor_renew_codes", form=CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the new codes once."""
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self.get(request)
        try:
            codes = renew_recovery_codes(user=self.person, code=form.cleaned_data["code"])
        except TooManyAttempts as error:
            return self.show_throttled(error, "two_factor_renew_codes", form=CodeForm())
        except ApplicationError as error:
            return self.show("two_factor_renew_codes", form=CodeForm(), error=f"{error.message}.")
        return self.show("two_factor_codes", codes=codes, onward=reverse("profile"))


class DisableTwoFactor(AccountView):
    """Switch the second factor off, with password and code."""

    audit_actions = {"post": "Switch Off Two-Factor Log-In"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for both."""
        return self.show("two_factor_disable", form=DisableTwoFactorForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Switch it off when both are right."""
        form = DisableTwoFactorForm(request.POST)
        if not form.is_valid():
            return self.show("two_factor_disable", form=form)
        try:
            check_own_password(user=self.person, password=form.cleaned_data["password"])
            switch_off_two_factor(user=self.person, code=form.cleaned_data["code"])
        except TooManyAttempts as error:
            return self.show_throttled(error, "two_factor_disable", form=DisableTwoFactorForm())
        except ApplicationError as error:
            return self.show("two_factor_disable", form=DisableTwoFactorForm(), error=f"{error.message}.")
        keep_session(request, self.person)
        messages.success(request, "Two-factor log-in is off.")
        return HttpResponseRedirect(reverse("profile"))
