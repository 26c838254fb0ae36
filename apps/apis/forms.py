"""Forms of the staff site: APIs and who owns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple

from apps.apis.models import Api
from apps.core.forms import ActorModelForm
from apps.users.models import User, UserGroup

#: Field → the permission that shows who there is to choose from.
OWNERS = {"user_owners": "users", "group_owners": "user_groups"}


class NewApiForm(ActorModelForm):
    """Register an API."""

    class Meta:
        model = Api
        fields: Sequence[str] = ()  # the admin names them


class ApiForm(ActorModelForm):
    """Change an API and its owners, who are of its organisation."""

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
        """Offer those of the API's organisation, to an actor who may see who these are."""
        if not self.actor.allows(OWNERS[name]):
            del self.fields[name]
            return
        field: Any = self.fields[name]
        field.queryset = people.filter(organisation=self.instance.organisation_id)
        self.initial[name] = list(owners)
