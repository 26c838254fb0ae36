"""Where people come to after they logged in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views import View

from apps.core.views import person_of

#: Permissions and the pages they open, the first one that is permitted is home. As the sidebar has them.
PAGES = (("analytics", "overview"), ("users", "users"), ("user_groups", "groups"), ("audit_logs", "audit"))


@method_decorator(login_required, name="dispatch")
class Home(View):
    """Sends people to the first page that they may open; their own profile is there for everybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Find it."""
        person = person_of(request)
        return redirect(next((page for permission, page in PAGES if person.allows(permission)), "profile"))
