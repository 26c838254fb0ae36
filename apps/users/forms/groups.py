"""Forms of user groups: on the staff site, and on the pages of whoever administers an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.users.forms.editing import EditedForm, offer_organisation
from apps.users.forms.permissions import PermissionsField, permission_rows
from apps.users.models import UserGroup
from apps.users.permissions import PERSONAL


class UserGroupForm(EditedForm):
    """Make or change a group."""

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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stored = self.instance.user_permissions
        self.rows = permission_rows(self.target_organisation, exclude=PERSONAL)
        self.fields["user_permissions"] = PermissionsField(self.rows, stored)
        self.initial["user_permissions"] = stored


class NewGroupPageForm(UserGroupForm):
    """Make a group in one's organisation, on the pages; a super user says in which."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_organisation(self)


class GroupPageForm(UserGroupForm):
    """Change a group, on the pages; it stays in its organisation."""

    class Meta(UserGroupForm.Meta):
        fields = ("name", "description", "active", "user_permissions", "password_max_days")
