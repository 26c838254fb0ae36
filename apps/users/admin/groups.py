"""User groups on the staff site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import ServiceAdmin
from apps.users.forms.groups import UserGroupForm
from apps.users.models import UserGroup
from apps.users.permissions import permissions_summary
from apps.users.resources import USER_GROUPS


@admin.register(UserGroup)
class UserGroupAdmin(ServiceAdmin):
    """Groups of the organisations the actor may see."""

    resource = USER_GROUPS
    form = UserGroupForm
    list_display = ["name", "description", "organisation", "active", "member_count", "permissions_given"]
    list_filter = ["active", ("organisation", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["name", "description"]
    fieldsets = [
        (None, {"fields": ["organisation", "name", "description", "active"]}),
        ("Permissions", {"fields": ["user_permissions"]}),
        ("More", {"fields": ["password_max_days"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the members in the same query."""
        return super().get_queryset(request).with_member_count()

    @admin.display(description="Members", ordering="member_count")
    def member_count(self, group: Any) -> int:
        """Show how many users are in it."""
        return int(group.member_count)

    @admin.display(description="Gives")
    def permissions_given(self, group: UserGroup) -> str:
        """Show what its members may do."""
        return permissions_summary(group.user_permissions)
