"""Accounts on the staff site: the same services as everywhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers

from apps.core.staff import TenantAdmin
from apps.users import services
from apps.users.forms.accounts import NewUserForm, UserForm
from apps.users.forms.passwords import OwnPasswordForm
from apps.users.models import User

admin.site.unregister(Group)  # permissions are Weir's own table
site: Any = admin.site
site.own_password_form = OwnPasswordForm

FIELDSETS = [
    (None, {"fields": ["email", "first_name", "last_name", "organisation", "is_active", "is_staff"]}),
    ("Permissions", {"fields": ["user_permissions"]}),
    ("More", {"fields": ["time_zone", "password_max_days"], "classes": ["collapse"]}),
]


@admin.register(User)
class UserAdmin(TenantAdmin):
    """Users the editor may see; those who hold more than the editor cannot be changed."""

    permission_object = "users"
    list_display = ["email", "name", "organisation", "is_active", "is_staff", "last_login", "key_last_used"]
    list_filter = ["is_active", "is_staff", ("organisation", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organisation", "access_key"]
    search_fields = ["email", "first_name", "last_name"]
    actions = ["reset_access_key"]
    show_full_result_count = False

    @admin.display(description="Name")
    def name(self, user: User) -> str:
        """Show the name, which not every account has."""
        return user.get_full_name()

    @admin.display(description="Key last used", ordering="access_key__last_used_at")
    def key_last_used(self, user: User) -> datetime | None:
        """Show when the access key was last used, to the minute."""
        key = getattr(user, "access_key", None)
        return key.last_used_at if key else None

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave out what the editor cannot decide; ask a new account's password."""
        left_out = _not_theirs_to_set(request.user)
        shown = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in left_out]})
            for title, options in FIELDSETS
        ]
        return shown if obj else [*shown, ("Password", {"fields": ["password"]})]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any) -> Any:
        """Take the form of the case and tell it who edits."""
        form: Any = super().get_form(request, obj, change, form=UserForm if obj else NewUserForm, **options)
        form.editor = request.user
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for ``users:write``, and for one account also that the editor may manage it."""
        user: Any = request.user
        return super().has_change_permission(request, obj) and (obj is None or user.may_manage(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes the account they are logged in with."""
        return self.has_change_permission(request, obj) and obj != request.user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Make or change the account; a new one's access key waits for the page that shows it."""
        if change:
            services.change_user(user=obj, by=_editor(request))
            return
        if "organisation" not in form.fields:
            obj.organisation = _editor(request).organisation
        obj.issued_key = services.enrol(  # type: ignore[attr-defined]
            user=obj, password=form.cleaned_data["password"] or None, by=_editor(request)
        )

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Show the new account's access key, once."""
        return self._key_page(request, obj, obj.issued_key)  # type: ignore[attr-defined]

    @admin.action(description="Reset access key", permissions=["change"])
    def reset_access_key(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        """Go to the page that resets one user's access key."""
        if len(chosen) != 1:
            self.message_user(request, "Choose one user: each key is shown only once.", messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:users_user_access_key", args=[chosen[0].pk]))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages for password and access key."""
        view = self.admin_site.admin_view
        return [
            path("<pk>/password/", view(self.password_page), name="users_user_password"),
            path("<pk>/access-key/", view(self.access_key_page), name="users_user_access_key"),
            *super().get_urls(),
        ]

    def password_page(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask for a new password and set it."""
        user = self._manageable(request, pk)
        form = SetPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            services.set_password(user=user, password=form.cleaned_data["new_password1"], by=_editor(request))
            self.log_change(request, user, "Changed password.")
            self.message_user(request, f"{user} has a new password.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:users_user_change", args=[user.pk]))
        return self._page(request, "password", user, form=form, title=f"Password of {user}")

    def access_key_page(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask whether to reset the access key, then reset and show it."""
        user = self._manageable(request, pk)
        if request.method != "POST":
            return self._page(request, "access_key", user, title=f"Access key of {user}")
        key = services.reset_access_key(user=user, by=_editor(request))
        self.log_change(request, user, "Reset access key.")
        return self._key_page(request, user, key)

    def _manageable(self, request: HttpRequest, pk: str) -> User:
        user = self.get_object(request, pk)
        if user is None or not self.has_change_permission(request, user):
            raise PermissionDenied
        found: User = user
        return found

    def _key_page(self, request: HttpRequest, user: User, key: str) -> HttpResponse:
        response = self._page(request, "access_key", user, key=key, title=f"Access key of {user}")
        add_never_cache_headers(response)
        return response

    def _page(self, request: HttpRequest, name: str, user: User, **context: Any) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "original": user, **context}
        return TemplateResponse(request, f"admin/users/user/{name}.html", shown)


def _editor(request: HttpRequest) -> User:
    editor: Any = request.user
    user: User = editor
    return user


def _not_theirs_to_set(editor: Any) -> set[str]:
    """Name the fields that only super users (organisation) and administrators (staff) decide."""
    return (set() if editor.is_super_user else {"organisation"}) | (set() if editor.is_admin else {"is_staff"})
