"""Policies on the staff site: the same services as everywhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import ServiceAdmin
from apps.keys.forms import DECIDES, NUMBERS, PARTITIONS, PolicyForm
from apps.keys.models import Policy
from apps.keys.resources import POLICIES


@admin.register(Policy)
class PolicyAdmin(ServiceAdmin):
    """Policies that the editor may see."""

    resource = POLICIES
    form = PolicyForm
    list_display = ["name", "policy_id", "organisation", "state", "rate", "quota", "created_at"]
    list_filter = ["state", "is_active", ("organisation", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["name", "=policy_id", "=id"]
    readonly_fields = ["id", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["organisation", "name", "policy_id", "state", "tags"]}),
        ("Limits", {"fields": [*NUMBERS]}),
        ("What it decides", {"fields": [*PARTITIONS], "description": DECIDES}),
        ("APIs", {"fields": ["apis", "access_rights"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show to who may only look what the row says by itself; a new one has no identity yet."""
        if obj is None:
            return super().get_fieldsets(request, obj)
        identity = ("Identity", {"fields": self.readonly_fields})
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ["name", "policy_id", "state", "rate", "quota"]}), identity]
        return [*super().get_fieldsets(request, obj), identity]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Take the form whole: Django makes fields of the model's alone."""
        return super().get_form(request, obj, change, **{**options, "fields": PolicyForm.Meta.fields})
