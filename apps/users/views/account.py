"""One's own account: the first page after the log-in, the profile, and what is done from it."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from apps.core.exceptions import ApplicationError
from apps.core.requests import user_of
from apps.users.forms.account import AccountForm, ProfileForm
from apps.users.middleware import unfinished_user
from apps.users.models import AccessKey, RecoveryCode, User
from apps.users.password_policy import expires_at
from apps.users.resources import USERS
from apps.users.services import reset_access_key, show_once_pending, show_once_take
from apps.users.services.login import PendingLogin, next_step
from apps.users.services.sessions import ACCOUNTS, BEGAN, SECOND_FACTOR, end_other_sessions, linked_accounts
from apps.users.services.users import change_profile
from apps.users.views.login import STEPS, AuthFlowView, continue_login

#: Permissions and the pages they open, the first one that is permitted is home. As the sidebar has them.
HOMES = (("analytics", "overview"), ("users", "users"), ("user_groups", "groups"), ("audit_logs", "audit"))


class AccountView(AuthFlowView):
    """A page about the account of the person who is logged in. Who has no account here has a profile page only."""

    person: User
    allows_external = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in who is logged in, or is on the way to it where this page is the next step."""
        person = self.find_person(request)
        if person is None:
            return redirect_to_login(request.get_full_path())
        if not person.pk and not self.allows_external:
            return HttpResponseRedirect(reverse("profile"))
        self.person = person
        try:
            return super().dispatch(request, *args, **kwargs)
        except ApplicationError as error:  # of admission: what the services of these pages refuse their forms tell
            messages.error(request, error.in_words)
            return HttpResponseRedirect(reverse("profile"))

    def find_person(self, request: HttpRequest) -> User | None:
        """Give the person the page is about."""
        return request.user if request.user.is_authenticated else None


class LoginStepView(AccountView):
    """A page about one's own account that may be a step of the log-in. ``step`` is which."""

    step: str
    next_page = "profile"

    def find_person(self, request: HttpRequest) -> User | None:
        """Give the person who is in, or who may come in once this step is done."""
        unfinished = unfinished_user(request)
        if unfinished and next_step(unfinished, request.session.get(SECOND_FACTOR, "")) == self.step:
            return unfinished
        return super().find_person(request)

    @property
    def is_step(self) -> bool:
        """Whether the person cannot do anything else before."""
        return not self.request.user.is_authenticated

    def next_url(self) -> str:
        """Give the URL to go on to: the next step if there is one, else where the person wanted to go."""
        step = STEPS.get(next_step(self.person, self.request.session.get(SECOND_FACTOR, "")) or "")
        target = self.get_success_url()
        response: HttpResponse = redirect_to_login(target, reverse(step)) if step else HttpResponseRedirect(target)
        return response["Location"]


@method_decorator(login_required, name="dispatch")
class Home(View):
    """Sends people to the first page that they may open; their own profile is there for everybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Find it."""
        person = user_of(request)
        return redirect(next((page for permission, page in HOMES if person.allows(permission)), "profile"))


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
        admitted = USERS.admit_update(self.person, form.cleaned_data, actor=self.person)
        change_profile(user=self.person, **{name: admitted[name] for name in form.cleaned_data})
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
        if "kept" in request.POST:
            return self.show("access_key", key=show_once_take(user=self.person, actor=self.person))
        USERS.admit_action("PUT", self.person, "actions/key/reset", actor=self.person)
        return self.show("access_key", key=reset_access_key(user=self.person, actor=self.person))


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
