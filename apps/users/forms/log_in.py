"""Forms of the log-in pages."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField


class LogInForm(AuthenticationForm):
    """Ask for the e-mail address with the keyboard and the autocompletion of one."""

    username = UsernameField(widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}))
