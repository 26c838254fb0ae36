"""Forms of the staff site: accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from apps.users.models import User
from apps.users.permissions import ADMIN, DENY, IS_ADMIN, OBJECTS, is_admin

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm  # generic in its type stubs only

LEVEL_WORDS = {"read": "Read", "write": "Read and write", "admin": "Yes"}


def _choices(name: str) -> list[tuple[str, str]]:
    levels = [level for level in OBJECTS[name].levels if level != DENY]
    denied = [] if name == IS_ADMIN else [(DENY, "Denied")]
    return [("", "—"), *((level, LEVEL_WORDS[level]) for level in levels), *denied]


class PermissionsWidget(forms.MultiWidget):
    """One row per permission of the table, with its levels to choose from."""

    template_name = "users/_permissions.html"

    def __init__(self) -> None:
        super().__init__({name: forms.Select(choices=_choices(name)) for name in OBJECTS})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Put each row's label beside it."""
        context = super().get_context(name, value, attrs)
        labels = [entry.label for entry in OBJECTS.values()]
        context["widget"]["rows"] = list(zip(labels, context["widget"]["subwidgets"], strict=True))
        return context

    def decompress(self, value: Mapping[str, str] | None) -> list[str]:
        """Spread a map over the rows; an empty map is shown as what it means."""
        shown = {IS_ADMIN: ADMIN} if value is not None and is_admin(value) else (value or {})
        return [shown.get(name, "") for name in OBJECTS]


class PermissionsField(forms.MultiValueField):
    """A permission map. Nothing chosen is an error, for an empty map would mean administrator."""

    widget: Any = PermissionsWidget
    missing = "Choose at least one permission, or make them an administrator."

    def __init__(self, **options: Any) -> None:
        fields = [forms.ChoiceField(choices=_choices(name), required=False) for name in OBJECTS]
        options = {"label": "Permissions", "error_messages": {"required": self.missing}, **options}
        super().__init__(fields, require_all_fields=False, **options)

    def compress(self, data_list: Sequence[str]) -> dict[str, str]:
        """Gather the rows that were chosen."""
        return {name: level for name, level in zip(OBJECTS, data_list, strict=True) if level}


class UserForm(UserModelForm):
    """Change an account. ``editor`` is who does it; the admin sets it."""

    editor: User
    user_permissions = PermissionsField()

    class Meta:
        model = User
        fields: Sequence[str] = (
            "email",
            "first_name",
            "last_name",
            "organisation",
            "is_active",
            "is_staff",
            "user_permissions",
            "time_zone",
            "password_max_days",
        )

    def clean_email(self) -> str:
        """Lower the address, so that uniqueness does not depend on its case."""
        return str(self.cleaned_data["email"]).strip().lower()

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        """Refuse an address that stands in another account, once the account has its new values."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and User.objects.with_address_of(self.instance).exists():
            self.add_error("email", "Another account has this e-mail address.")

    def clean_user_permissions(self) -> dict[str, str]:
        """Keep permissions of the organisation's own, and refuse to give more than the editor has."""
        own = {name: level for name, level in self.instance.user_permissions.items() if name not in OBJECTS}
        given = {**own, **self.cleaned_data["user_permissions"]}
        if not self.editor.may_grant(given):
            raise forms.ValidationError("You cannot give permissions that you do not have.")
        return given


class NewUserForm(UserForm):
    """Make an account."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        validators=[validate_password],
        help_text="Without one, nobody can log in until one is set.",
    )
