"""The log-in page. Django's own views do the work, ``last_login`` included."""

from __future__ import annotations

from django.contrib.auth.views import LoginView


class LogIn(LoginView):
    """Ask for e-mail address and password; who is logged in already goes on."""

    template_name = "users/login.html"
    redirect_authenticated_user = True
