"""Pages of user groups, for whoever administers an organisation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import ngettext

from apps.core.columns import Column, link_to, state
from apps.core.forms import Fieldset
from apps.core.resource_views import ResourcePages
from apps.users.forms.users import UserGroupForm
from apps.users.models import User, UserGroup
from apps.users.resources import USER_GROUPS

MEMBERS_SHOWN = 12


class UserGroupPages(ResourcePages):
    """List, form and deletion of groups."""

    resource = USER_GROUPS
    name = "group"
    columns = [
        Column("Name", link_to("group", "name", "description"), sort=["name"]),
        Column("Gives", UserGroup.permissions_given, css="gives", hide_narrow=True),
        Column("Members", "member_count", sort=["member_count"]),
        Column("State", lambda group: state(group.active)),
    ]
    empty_text = "Users of a group have the same permissions; change the group, and all of them have others."
    not_found_text = "No name and no description has “{search}” in it."
    form_class = UserGroupForm
    fieldsets = [
        Fieldset(["organisation", "name", "description"]),
        Fieldset(["active"], layout=""),
        Fieldset(["user_permissions"], legend="Permissions"),
        Fieldset(["password_max_days"], layout="few"),
    ]
    aside_template = "users/_group_aside.html"
    before_delete = (
        "APIs that it owns have one owner less; those that nobody else owns stay closed to all but administrators."
    )

    def details(self, row: UserGroup) -> dict[str, Any]:
        """Name some members to who may see users; everybody else is told how many there are."""
        members: QuerySet[User] = User.objects.filter(group=row).order_by("email")[:MEMBERS_SHOWN]
        return {"members": list(members) if self.actor.allows("users") else []}

    def consequences(self, row: Any) -> str:
        """Tell what becomes of its members and of its APIs."""
        members = ngettext("{} member stays", "{} members stay", row.member_count).format(row.member_count)
        kept = (
            f"{members}, with those of their own permissions that it gives too." if row.member_count else "No members."
        )
        return f"{kept} {self.before_delete}"
