"""Forms for passwords. The rules come from Django's validators, which are ours (``apps.users.password_policy``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm

from apps.users import services
from apps.users.models import User
from apps.users.services.throttling import TooManyAttempts


class OwnPasswordForm(PasswordChangeForm):
    """Change one's own password: on the profile page, and where the old one is over."""

    refusal: TooManyAttempts | None = None

    def clean_old_password(self) -> str:
        """Have the service judge the present password: it counts the wrong ones."""
        given: str = self.cleaned_data["old_password"]
        try:
            services.check_own_password(user=self.user, password=given)
        except services.WrongPassword as wrong:
            raise forms.ValidationError("The present password is wrong.") from wrong
        except TooManyAttempts as refusal:
            self.refusal = refusal
            raise forms.ValidationError(refusal.message) from refusal
        return given

    def validate_password_for_user(self, user: User, password_field_name: str = "new_password2") -> None:
        """Compare with earlier passwords only for who gave the present one: the answer tells which they are."""
        if "old_password" in self.cleaned_data:
            super().validate_password_for_user(user, password_field_name)

    def save(self, commit: bool = True) -> User:
        """Set it through the service."""
        return services.set_password(user=self.user, password=self.cleaned_data["new_password1"], actor=self.user)


class PasswordResetConfirmForm(forms.Form):
    """A new password for who has a link. The script of the page takes the code from the link."""

    code = forms.CharField(
        label="Code from the link",
        max_length=200,
        help_text="Everything after the # of the link in the mail.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    new_password1 = forms.CharField(
        label="New password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password2 = forms.CharField(
        label="New password once more",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        given = self.cleaned_data
        if given.get("new_password1") != given.get("new_password2"):
            self.add_error("new_password2", "The two passwords differ.")
        return given
