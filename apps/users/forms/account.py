"""Forms around one's own account: logging in, passwords, the second factor, the profile.

The rules of passwords come from Django's validators, which are ours (``apps.users.password_policy``).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm

from apps.core.throttling import TooManyAttempts
from apps.core.timezones import zone_names
from apps.users import services
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
    """The e-mail address of somebody who forgot their password."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )


class OwnPasswordForm(PasswordChangeForm):
    """Change one's own password: on the profile page, and where the old one is over."""

    throttled: TooManyAttempts | None = None

    def clean_old_password(self) -> str:
        """Have the service judge the present password: it counts the wrong ones."""
        password: str = self.cleaned_data["old_password"]
        try:
            services.check_own_password(user=self.user, password=password)
        except services.WrongPassword as error:
            raise forms.ValidationError("The present password is wrong.") from error
        except TooManyAttempts as error:
            self.throttled = error
            raise forms.ValidationError(error.message) from error
        return password

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
        data = self.cleaned_data
        if data.get("new_password1") != data.get("new_password2"):
            self.add_error("new_password2", "The two passwords differ.")
        return data


class ProfileForm(forms.ModelForm[User]):
    """Name and time zone."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "time_zone")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", f"The site's: {settings.DISPLAY_TIME_ZONE}"), *((zone, zone) for zone in zone_names())]
        self.fields["time_zone"] = forms.ChoiceField(choices=choices, required=False)


class DisableTwoFactorForm(CodeForm):
    """Password and code, both."""

    password = forms.CharField(
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autofocus": True, "autocomplete": "current-password"}),
    )
    field_order = ["password", "code"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs.pop("autofocus")
