"""Organisations on the staff site: the same services as everywhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import ServiceAdmin, annotation
from apps.core.requests import user_of
from apps.organisations.forms import OrganisationForm
from apps.organisations.models import Organisation
from apps.organisations.resources import ORGANISATIONS


@admin.register(Organisation)
class OrganisationAdmin(ServiceAdmin):
    """Administrators see and change their own organisation; super users make and delete any."""

    resource = ORGANISATIONS
    form = OrganisationForm
    list_display = [
        "__str__",
        "id",
        annotation("user_count", "Users"),
        annotation("group_count", "Groups"),
        annotation("api_count", "APIs"),
        "sso_enabled",
        "require_two_factor",
        "created_at",
    ]
    list_filter = ["require_two_factor", "sso_enabled", "hybrid_enabled", "cname_enabled"]
    search_fields = ["=id", "owner_name", "owner_slug", "cname"]
    readonly_fields = ["id", "developer_count", "listed_apis", "extra", "created_at"]
    fieldsets = [
        (None, {"fields": ["owner_name", "owner_slug", "cname", "cname_enabled"]}),
        ("Log-in", {"fields": ["require_two_factor", "sso_enabled"]}),
        ("Permissions of its own", {"fields": ["additional_permissions"]}),
        ("Events", {"fields": ["event_options"]}),
        ("Other options", {"fields": ["hybrid_enabled", "developer_quota", "developer_count"]}),
        (
            "Options as JSON",
            {"fields": ["open_policy", "ui", "org_options_meta", "listed_apis", "extra"], "classes": ["collapse"]},
        ),
        ("Identity", {"fields": ["id", "created_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count what hangs on each organisation in the same query."""
        return super().get_queryset(request).with_counts()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let super users only make organisations."""
        return super().has_add_permission(request) and user_of(request).is_super_user

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let super users only delete organisations."""
        return super().has_delete_permission(request, obj) and user_of(request).is_super_user
