"""Forms of the staff site: APIs and who owns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple

from apps.apis.models import Api
from apps.users.models import User, UserGroup

if TYPE_CHECKING:
    ApiModelForm = forms.ModelForm[Api]
else:
    ApiModelForm = forms.ModelForm  # generic in its type stubs only

#: Field → the permission that shows who there is to choose from.
OWNERS = {"user_owners": "users", "group_owners": "user_groups"}


class ApiForm(ApiModelForm):
    """Change an API and its owners, who are of its organisation. ``editor`` is who does it; the admin sets it."""

    editor: User
    user_owners = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=FilteredSelectMultiple("users", is_stacked=False), label="Users"
    )
    group_owners = forms.ModelMultipleChoiceField(
        UserGroup.objects.none(),
        required=False,
        widget=FilteredSelectMultiple("user groups", is_stacked=False),
        label="User groups",
    )

    class Meta:
        model = Api
        fields: Sequence[str] = ()  # the admin names them

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        owners = self.instance.owner_ids()
        self._offer("user_owners", User.objects, owners["userIds"])
        self._offer("group_owners", UserGroup.objects, owners["userGroupIds"])

    def _offer(self, name: str, people: Any, owners: Sequence[str]) -> None:
        """Offer those of the API's organisation, to an editor who may see who these are."""
        if not self.editor.allows(OWNERS[name]):
            del self.fields[name]
            return
        field: Any = self.fields[name]
        field.queryset = people.filter(organisation=self.instance.organisation_id)
        self.initial[name] = list(owners)
