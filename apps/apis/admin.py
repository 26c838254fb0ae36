"""APIs on the staff site: the same services as everywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.apis import services
from apps.apis.api_templates.admin import ApiTemplateAdmin  # noqa: F401  (Django looks for them here)
from apps.apis.forms import OWNERS, ApiForm, NewApiForm
from apps.apis.models import Api
from apps.apis.resources import APIS
from apps.apis.settings import changes_for
from apps.core.admin import ServiceAdmin
from apps.core.requests import user_of
from apps.users.models import User, UserGroup

#: The same for who may only look.
SHOWN_OWNERS = {"owning_users": OWNERS["user_owners"], "owning_groups": OWNERS["group_owners"]}


class OwnedFilter(admin.SimpleListFilter):
    """APIs that somebody owns, or that their whole organisation sees."""

    title = "owners"
    parameter_name = "owned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("yes", "Owned"), ("no", "Open to their organisation")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        """Keep what was chosen."""
        chosen: QuerySet[Any] = {"yes": queryset.owned, "no": queryset.free}.get(self.value() or "", queryset.all)()
        return chosen


@admin.register(Api)
class ApiAdmin(ServiceAdmin):
    """APIs that the editor may see, and who owns them."""

    resource = APIS
    form = NewApiForm
    list_display = ["name", "api_id", "organisation", "active", "owners", "created_at"]
    list_filter = ["active", OwnedFilter]
    list_select_related = ["organisation"]
    search_fields = ["name", "=api_id", "=id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the owners of all rows at once."""
        return super().get_queryset(request).with_owners()

    @admin.display(description="Owners")
    def owners(self, api: Api) -> str:
        """Show how many there are: who they are is not for everybody to see."""
        users, groups = api.user_owners.all(), api.group_owners.all()
        counted = [f"{len(users)} user{'s'[: len(users) != 1]}"] if users else []
        counted += [f"{len(groups)} group{'s'[: len(groups) != 1]}"] if groups else []
        return ", ".join(counted) or ("None left" if api.is_owned else "—")

    @admin.display(description="Users")
    def owning_users(self, api: Api) -> str:
        """Name the users who own it, to who may see users but not change the API."""
        return _named(owner.user for owner in api.user_owners.select_related("user"))

    @admin.display(description="User groups")
    def owning_groups(self, api: Api) -> str:
        """Name the user groups who own it, to who may see groups but not change the API."""
        return _named(owner.group for owner in api.group_owners.select_related("group"))

    def get_fieldsets(self, request: HttpRequest, obj: Api | None = None) -> Any:
        """Ask super users for a new API's organisation; offer owners once that is known."""
        if obj is None:
            chosen = ["organisation"] if user_of(request).is_super_user else []
            return [(None, {"fields": ["name", "api_id", "active", *chosen]})]
        shown = OWNERS if self.has_change_permission(request, obj) else SHOWN_OWNERS
        owners = [name for name, permission in shown.items() if user_of(request).allows(permission)]
        described = (
            "Owners and administrators only see an API that has owners, where ENABLE_OWNERSHIP is on."
            " It stays closed when the last of them is deleted, until it is given others."
        )
        return [
            (None, {"fields": ["name", "active"]}),
            ("Owners", {"fields": owners, "description": described}),
            ("Identity", {"fields": ["id", "api_id", "organisation", "created_at", "updated_at"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Api | None = None) -> list[str]:
        """Keep what gateways and records know an API by."""
        return [*SHOWN_OWNERS, "id", "api_id", "organisation", "created_at", "updated_at"] if obj else []

    def get_form(self, request: HttpRequest, obj: Api | None = None, change: bool = False, **options: Any) -> Any:
        """Take the form with owners for an API that is there."""
        return super().get_form(request, obj, change, **({"form": ApiForm} if obj else {}), **options)

    def save_model(self, request: HttpRequest, obj: Api, form: Any, change: bool) -> None:
        """Register or change it; owners stay that the actor may not see, or leaves as they are."""
        super().save_model(request, obj, form, change)
        if OWNERS.keys().isdisjoint(form.changed_data):
            return  # or an API whose last owner was deleted would be opened by a new name
        owners, given = obj.owner_ids(), form.cleaned_data
        if "user_owners" in given:
            owners["userIds"] = [user.pk for user in given["user_owners"]]
        if "group_owners" in given:
            owners["userGroupIds"] = [group.pk for group in given["group_owners"]]
        owners = self.writable.admit_action("PUT", obj, "access", owners, actor=user_of(request))
        services.set_owner_ids(api=obj, user_ids=owners["userIds"], group_ids=owners["userGroupIds"])

    def form_changes(self, form: Any) -> dict[str, Any]:
        """Say it in the definition or document, which everything else follows; owners have a service of their own."""
        said = {name: value for name, value in super().form_changes(form).items() if name not in OWNERS}
        if not said:
            return {}
        changes = changes_for(form.instance, said)
        for name, value in changes.items():
            setattr(form.instance, name, value)
        return changes


def _named(owners: Iterable[User | UserGroup]) -> str:
    return ", ".join(sorted(map(str, owners))) or "—"
