"""The log-in page. Django's own views do the work, ``last_login`` included."""

from __future__ import annotations

from django.contrib.auth.views import LoginView

from apps.users.forms.log_in import LogInForm


class LogIn(LoginView):
    """Ask for e-mail address and password; who is logged in already goes on."""

    template_name = "users/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True
