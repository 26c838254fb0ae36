"""Pages for people: who may open one, and where everybody else is sent."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View
from django_htmx.http import HttpResponseClientRedirect


class PermissionRequiredView(View):
    """A page for people who are logged in and may read what ``permission`` is about, or what else ``level`` says."""

    permission: str | None  # of the table; None asks for administrators
    level = "read"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send anonymous callers to the log-in page, and tell others whom to ask."""
        if not request.user.is_authenticated:
            return _to_login(request)
        if not request.user.allows(self.permission, self.level):
            lacking = {"permission": self.permission, "level": self.level}
            return render(request, "errors/403.html", lacking, status=403)
        return self.permitted(request, *args, **kwargs)

    def permitted(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer somebody who has the permission."""
        return super().dispatch(request, *args, **kwargs)


def _to_login(request: HttpRequest) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect_to_login(request.get_full_path())
    here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(redirect_to_login(here).url)
