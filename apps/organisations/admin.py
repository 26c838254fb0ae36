"""Organisations on the staff site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.staff import TenantAdmin
from apps.organisations.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(TenantAdmin):
    """Administrators see and change their own organisation; super users make and delete any."""

    permission_object = None
    list_display = ["__str__", "id", "owner_slug", "cname", "cname_enabled", "created_at"]
    list_filter = ["cname_enabled", "sso_enabled", "hybrid_enabled"]
    search_fields = ["=id", "owner_name", "owner_slug", "cname"]
    readonly_fields = ["id", "developer_count", "created_at"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["owner_name", "owner_slug", "cname", "cname_enabled"]}),
        ("Options", {"fields": ["sso_enabled", "hybrid_enabled", "developer_quota", "developer_count"]}),
        (
            "Options as JSON",
            {
                "fields": ["event_options", "additional_permissions", "open_policy", "ui", "org_options_meta"],
                "classes": ["collapse"],
            },
        ),
        ("Identity", {"fields": ["id", "created_at"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let super users only make organisations."""
        return super().has_add_permission(request) and _is_super_user(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let super users only delete organisations."""
        return super().has_delete_permission(request, obj) and _is_super_user(request)


def _is_super_user(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_super_user)
