"""User groups on the staff site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.partial_updates import changes_of
from apps.users import services
from apps.users.admin.editing import EditedAdmin, editor_of
from apps.users.forms.groups import UserGroupForm
from apps.users.models import UserGroup
from apps.users.permissions import permissions_summary


@admin.register(UserGroup)
class UserGroupAdmin(EditedAdmin):
    """Groups of the organisations the editor may see."""

    permission_object = "user_groups"
    form = UserGroupForm
    list_display = ["name", "description", "organisation", "active", "member_count", "gives"]
    list_filter = ["active", ("organisation", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["name", "description"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["organisation", "name", "description", "active"]}),
        ("Permissions", {"fields": ["user_permissions"]}),
        ("More", {"fields": ["password_max_days"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the members in the same query."""
        groups: Any = super().get_queryset(request)
        counted: QuerySet[Any] = groups.with_members_counted()
        return counted

    @admin.display(description="Members", ordering="members_in_all")
    def member_count(self, group: Any) -> int:
        """Show how many users are in it."""
        return int(group.members_in_all)

    @admin.display(description="Gives")
    def gives(self, group: UserGroup) -> str:
        """Show what its members may do."""
        return permissions_summary(group.user_permissions)

    def get_fieldsets(self, request: HttpRequest, obj: UserGroup | None = None) -> Any:
        """Ask super users for the organisation of a new group; it stays there."""
        if editor_of(request).is_super_user and obj is None:
            return self.fieldsets
        (_, first), *others = self.fieldsets
        return [(None, {"fields": [name for name in first["fields"] if name != "organisation"]}), *others]

    def save_model(self, request: HttpRequest, obj: UserGroup, form: Any, change: bool) -> None:
        """Make or change the group."""
        if change:
            services.change_group(group=obj, changes=changes_of(form), actor=editor_of(request))
        else:
            services.create_group(group=obj, actor=editor_of(request))

    def delete_model(self, request: HttpRequest, obj: UserGroup) -> None:
        """Delete the group; its members stay."""
        services.delete_group(group=obj, actor=editor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete each of the groups."""
        for group in queryset:
            services.delete_group(group=group, actor=editor_of(request))
