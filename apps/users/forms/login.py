"""Forms of the log-in pages."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.users.models import User


class LoginForm(forms.Form):
    """E-mail address and password. What they open is for the service to say."""

    username = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        strip=False, max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class AccountForm(forms.Form):
    """Choose one of some accounts. ``users`` are those that may be chosen."""

    account = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, users: list[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self.users = {user.pk: user for user in users}
        self.fields["account"].choices = [(user.pk, organisation_name(user)) for user in users]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> User:
        """The account that was chosen."""
        return self.users[self.cleaned_data["account"]]


def organisation_name(user: User) -> str:
    """Name the organisation of an account, as people choose it."""
    return str(user.organisation) if user.organisation else "All organisations"


class CodeForm(forms.Form):
    """A code of the device, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}
        ),
    )


class PasswordResetForm(forms.Form):
    """The address of somebody who forgot their password."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
