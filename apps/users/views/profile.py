"""The profile page, and what is done from it."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.users.forms.login import AccountForm
from apps.users.forms.profile import ProfileForm
from apps.users.models import AccessKey, RecoveryCode
from apps.users.password_policy import expires_at
from apps.users.services import reset_access_key, show_once_pending, show_once_take
from apps.users.services.profile import change_profile
from apps.users.services.sessions import ACCOUNTS, BEGAN, end_other_sessions, linked_accounts
from apps.users.views.account_base import AccountView
from apps.users.views.login import continue_login
from apps.users.views.login_flow import PendingLogin


class Profile(AccountView):
    """One's own account. Who came from an identity provider without an account here sees who they are to Weir."""

    allows_external = True
    audit_actions = {"post": "Update Profile"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        if not self.person.pk:
            return self.show("profile_external", person=self.person)
        return self._show(ProfileForm(instance=self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change name and time zone."""
        if not self.person.pk:
            return HttpResponseRedirect(reverse("profile"))
        form = ProfileForm(request.POST, instance=self.person)
        if not form.is_valid():
            return self._show(form)
        change_profile(user=self.person, **form.cleaned_data)
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("profile"))

    def _show(self, form: ProfileForm) -> HttpResponse:
        shown: dict[str, Any] = {
            "person": self.person,
            "form": form,
            "show_once_pending": show_once_pending(self.person),
            "key": AccessKey.objects.filter(user=self.person).first(),
            "codes_left": RecoveryCode.objects.filter(user=self.person).count(),
            "password_ends": expires_at(self.person),
        }
        return self.show("profile", **shown)


class OwnAccessKey(AccountView):
    """Reset one's own access key: asked first, shown once. One that somebody else made is shown as it is."""

    audit_actions = {"post": "Reset Access Key"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        return self.show("access_key")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the one that was made, or reset it and show the new one, in an answer that nobody keeps."""
        give = show_once_take if "kept" in request.POST else reset_access_key
        return self.show("access_key", key=give(user=self.person, actor=self.person))


class EndOtherSessions(AccountView):
    """End every session but this one."""

    http_method_names = ["post", "options"]
    audit_actions = {"post": "End Other Sessions"}

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them."""
        end_other_sessions(request, self.person)
        messages.success(request, "Your other sessions are over.")
        return HttpResponseRedirect(reverse("profile"))


class SwitchOrganisation(AccountView):
    """Change over to another account that the same credentials opened when they were given."""

    audit_actions = {"post": "Switch Organisation"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the organisations."""
        return self.show("switch_organisation", form=self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Log in there, with a code if that account has a second factor."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self.show("switch_organisation", form=form)
        if form.chosen == self.person:
            return HttpResponseRedirect(self.get_success_url())
        began = request.session.get(BEGAN, time.time())
        pending = PendingLogin(request.session[ACCOUNTS], began, time.time(), reverse(self.next_page))
        return continue_login(request, pending, [form.chosen])

    def _form(self, data: Any = None) -> AccountForm:
        users = linked_accounts(self.request.session.get(ACCOUNTS, {}))
        return AccountForm(data, users=users, initial={"account": self.person.pk})
