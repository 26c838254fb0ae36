"""What the pages about one's own account have in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from apps.users.middleware import unfinished_user
from apps.users.models import User
from apps.users.services.login import next_step
from apps.users.services.sessions import SECOND_FACTOR
from apps.users.views.login import STEPS, AuthFlowView


class AccountView(AuthFlowView):
    """A page about the account of the person who is logged in. Who has no account here has a profile page only."""

    person: User
    allows_external = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in who is logged in, or is on the way to it where this page is the next step."""
        person = self.who(request)
        if person is None:
            return redirect_to_login(request.get_full_path())
        if not person.pk and not self.allows_external:
            return HttpResponseRedirect(reverse("profile"))
        self.person = person
        return super().dispatch(request, *args, **kwargs)

    def who(self, request: HttpRequest) -> User | None:
        """Give the person the page is about."""
        return request.user if request.user.is_authenticated else None


class LoginStepView(AccountView):
    """A page about one's own account that may be a step of the log-in. ``step`` is which."""

    step: str
    next_page = "profile"

    def who(self, request: HttpRequest) -> User | None:
        """Give the person who is in, or who may come in once this step is done."""
        unfinished = unfinished_user(request)
        if unfinished and next_step(unfinished, request.session.get(SECOND_FACTOR, "")) == self.step:
            return unfinished
        return super().who(request)

    @property
    def is_step(self) -> bool:
        """Whether the person cannot do anything else before."""
        return not self.request.user.is_authenticated

    def onward(self) -> str:
        """Give the address to go on to: the next step if there is one, else where the person wanted to go."""
        step = STEPS.get(next_step(self.person, self.request.session.get(SECOND_FACTOR, "")) or "")
        target = self.get_success_url()
        response: HttpResponse = redirect_to_login(target, reverse(step)) if step else HttpResponseRedirect(target)
        return response["Location"]
