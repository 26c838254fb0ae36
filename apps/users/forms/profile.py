"""Forms of the profile page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings

from apps.core.timezones import zone_names
from apps.users.forms.login import CodeForm
from apps.users.models import User

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm  # generic in its type stubs only


class ProfileForm(UserModelForm):
    """Name and time zone."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "time_zone")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", f"The site's: {settings.DISPLAY_TIME_ZONE}"), *((zone, zone) for zone in zone_names())]
        self.fields["time_zone"] = forms.ChoiceField(choices=choices, required=False)


class PasswordForm(forms.Form):
    """Asks the person who is logged in for their password once more. ``user`` is that person."""

    password = forms.CharField(
        strip=False, max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class SwitchOffForm(PasswordForm, CodeForm):
    """Password and code, both."""

    field_order = ["password", "code"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs.pop("autofocus")
        self.fields["password"].widget.attrs["autofocus"] = True
