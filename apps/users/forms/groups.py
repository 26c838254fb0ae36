"""Forms of user groups: on the staff site, and on the pages of whoever administers an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.users.forms.permissions import PermissionsField, PermissionsForm, permission_rows
from apps.users.models import UserGroup
from apps.users.permissions import PERSONAL


class UserGroupForm(PermissionsForm):
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
