"""Forms of user groups: on the staff site, and on the pages of whoever administers an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms

from apps.organisations.models import Organisation
from apps.users.forms.accounts import offer_organisation
from apps.users.forms.permissions import PermissionsField, hidden_permissions, rows_for
from apps.users.models import User, UserGroup
from apps.users.permissions import PERSONAL, covers

if TYPE_CHECKING:
    GroupModelForm = forms.ModelForm[UserGroup]
else:
    GroupModelForm = forms.ModelForm  # generic in its type stubs only


class UserGroupForm(GroupModelForm):
    """Make or change a group. ``editor`` is who does it; Django's admin sets it on the class."""

    editor: User
    user_permissions = PermissionsField()

    class Meta:
        model = UserGroup
        fields: Sequence[str] = (
            "organisation",
            "name",
            "description",
            "active",
            "user_permissions",
            "password_max_days",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, editor: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.editor = editor or self.editor
        stored = self.instance.user_permissions
        self.rows = rows_for(self._organisation(), left_out=PERSONAL)
        self.fields["user_permissions"] = PermissionsField(self.rows, stored)
        self.initial["user_permissions"] = stored

    @property
    def _is_new(self) -> bool:
        return self.instance._state.adding  # noqa: SLF001  (Django's documented way)

    def _organisation(self) -> Organisation | None:
        return self.editor.organisation if self._is_new else self.instance.organisation

    def clean_user_permissions(self) -> dict[str, str]:
        """Keep what the grid does not show, and refuse to give more than the editor has."""
        given: dict[str, str] = self.cleaned_data["user_permissions"]
        whole = {**hidden_permissions(self.instance.user_permissions, self.rows), **given}
        if not covers(self.editor.permissions, whole):
            raise forms.ValidationError("You cannot give permissions that you do not have.")
        return whole

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        """Put a new group into the editor's organisation, if they cannot choose one."""
        super()._post_clean()  # type: ignore[misc]
        if self._is_new and "organisation" not in self.fields:
            organisation: Any = self.editor.organisation
            self.instance.organisation = organisation


class NewGroupPageForm(UserGroupForm):
    """Make a group in one's organisation, on the pages; a super user says in which."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_organisation(self)


class GroupPageForm(UserGroupForm):
    """Change a group, on the pages; it stays in its organisation."""

    class Meta(UserGroupForm.Meta):
        fields = ("name", "description", "active", "user_permissions", "password_max_days")
