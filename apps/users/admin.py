"""Users on the staff site."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django.contrib.auth.admin  # noqa: F401  (registers the groups that are taken away below)
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers

from apps.core.admin import ServiceAdmin, annotation
from apps.core.exceptions import ApplicationError
from apps.core.requests import user_of
from apps.users import services
from apps.users.forms.users import NewUserForm, UserForm, UserGroupForm
from apps.users.models import User, UserGroup
from apps.users.resources import USER_GROUPS, USERS

admin.site.unregister(Group)  # permissions are Weir's own table

KNOWN = ["created_at", "last_login", "password_updated", "key_last_used", "second_factor"]
FIELDSETS: list[Any] = [
    (None, {"fields": ["email", "first_name", "last_name", "organisation", "group", "is_active", "is_staff"]}),
    ("Permissions", {"fields": ["user_permissions"]}),
    ("More", {"fields": ["time_zone", "password_max_days", "must_change_password"], "classes": ["collapse"]}),
]
ACTIVITY = ("Activity", {"fields": KNOWN})


class RoleFilter(admin.SimpleListFilter):
    """Administrators, or everybody else."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("admin", "Administrators"), ("other", "Others")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those."""
        users: Any = queryset
        administrators = users.administrators()
        chosen = {"admin": administrators, "other": users.exclude(pk__in=administrators.values("pk"))}
        kept: QuerySet[Any] = chosen.get(self.value() or "", queryset)
        return kept


class LoginFilter(admin.SimpleListFilter):
    """Whether somebody ever logged in."""

    title = "log-in"
    parameter_name = "log_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("never", "Never logged in"), ("once", "Has logged in")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those."""
        chosen = {"never": True, "once": False}
        value = self.value()
        return queryset.filter(last_login__isnull=chosen[value]) if value in chosen else queryset


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """Users the actor may see; those who hold more than the actor cannot be changed."""

    resource = USERS
    fieldsets = FIELDSETS
    list_display = [
        "email",
        "name",
        "organisation",
        "group",
        "role",
        "is_active",
        "is_staff",
        "second_factor",
        "last_login",
        "key_last_used",
    ]
    list_filter = [
        "is_active",
        "is_staff",
        RoleFilter,
        LoginFilter,
        ("group", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["organisation", "group", "access_key", "two_factor"]
    search_fields = ["email", "first_name", "last_name"]
    readonly_fields = KNOWN
    actions = ["reset_access_key", "revoke", "remove_second_factor"]

    @admin.display(description="Name")
    def name(self, user: User) -> str:
        """Show the name, which not every account has."""
        return user.get_full_name()

    @admin.display(description="Key last used", ordering="access_key__last_used_at")
    def key_last_used(self, user: User) -> datetime | None:
        """Show when the access key was last used, to the minute."""
        key = getattr(user, "access_key", None)
        return key.last_used_at if key else None

    @admin.display(description="Role")
    def role(self, user: User) -> str:
        """Show who may do everything."""
        if not user.is_admin:
            return "User"
        return "Super-admin" if user.is_super_admin else "Administrator"

    @admin.display(description="Two-factor", boolean=True)
    def second_factor(self, user: User) -> bool:
        """Show who logs in with a second factor."""
        return user.has_two_factor

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Show what is known of an account that is there; ask a new one's password."""
        return [*super().get_fieldsets(request, obj), ACTIVITY if obj else ("Password", {"fields": ["password"]})]

    def hidden_fields(self, request: HttpRequest, obj: User | None = None) -> set[str]:
        """Name what only super users (organisation) and administrators (staff) decide."""
        actor = user_of(request)
        return (set() if actor.is_super_user else {"organisation"}) | (set() if actor.is_admin else {"is_staff"})

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any) -> Any:
        """Take the form of the case."""
        return super().get_form(request, obj, change, form=UserForm if obj else NewUserForm, **options)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """Tell the page which of its links would be refused."""
        obj: User | None = options.get("obj")
        if obj:
            context["may_set_password"] = not services.is_denied(services.check_can_set_password, user_of(request), obj)
            context["may_reset_key"] = not services.is_denied(services.check_can_reset_key, user_of(request), obj)
        return super().render_change_form(request, context, *args, **options)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for ``users:write``, and for one account also that the actor may manage it."""
        return super().has_change_permission(request, obj) and (obj is None or user_of(request).may_manage(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes the account they are logged in with."""
        return self.has_change_permission(request, obj) and obj != request.user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Make or change the account; a new one's access key waits for the page that shows it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        actor, password = user_of(request), form.cleaned_data["password"] or None
        self.writable.admit_create(obj, actor=actor)
        obj.issued_key = services.create_user(obj, password=password, actor=actor)  # type: ignore[attr-defined]

    @admin.action(description="Revoke: make inactive and end sessions", permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Make users inactive, all or none."""
        for user in chosen:
            self.writable.admit_action("PUT", user, "actions/revoke", actor=user_of(request))
        revoked = [services.revoke_user(user, actor=user_of(request)) for user in chosen]
        self.message_user(request, f"{len(revoked)} revoked.", messages.SUCCESS)

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

    @admin.action(description="Remove second factor", permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Let in whoever has lost their device; where a second factor is demanded they set up another one."""
        for user in chosen.filter(two_factor__isnull=False):
            try:
                self.writable.admit_action("DELETE", user, "two-factor", actor=user_of(request))
                services.remove_two_factor(user=user, actor=user_of(request))
            except ApplicationError as error:
                self.message_user(request, f"{user}: {error.message}.", messages.ERROR)
            else:
                self.message_user(request, f"{user} logs in without a code now.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages for password and access key."""
        view = self.admin_site.admin_view
        return [
            path("<pk>/password/", view(self.password_page), name="users_user_password"),
            path("<pk>/access-key/", view(self.access_key_view), name="users_user_access_key"),
            *super().get_urls(),
        ]

    def password_page(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask for a new password and set it."""
        user = self._manageable(request, pk)
        if user == request.user:
            return HttpResponseRedirect(reverse("new-password"))  # which asks for the present one
        _require(services.check_can_set_password, request, user)
        form = SetPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._set_password(request, user, form.cleaned_data["new_password1"])
            except ApplicationError as error:
                form.add_error(None, error.in_words)
        return self._page(request, "password", user, form=form, title=f"Password of {user}")

    def _set_password(self, request: HttpRequest, user: User, password: str) -> HttpResponse:
        self.writable.admit_action("POST", user, "actions/reset", actor=user_of(request))
        services.set_password(user=user, password=password, actor=user_of(request))
        self.log_change(request, user, "Changed password.")
        self.message_user(request, f"{user} has a new password.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:users_user_change", args=[user.pk]))

    def access_key_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask whether to reset the access key, then reset and show it; what is refused is told."""
        page: HttpResponse = self._told_if_refused(self.access_key_page, request, pk)
        return page

    def access_key_page(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask, then reset and show it."""
        user = self._manageable(request, pk)
        _require(services.check_can_reset_key, request, user)
        if request.method != "POST":
            return self._page(request, "access_key", user, title=f"Access key of {user}")
        self.writable.admit_action("PUT", user, "actions/key/reset", actor=user_of(request))
        key = services.reset_access_key(user=user, actor=user_of(request))
        self.log_change(request, user, "Reset access key.")
        return self._key_page(request, user, key)

    def _manageable(self, request: HttpRequest, pk: str) -> User:
        user = self.get_object(request, pk)
        if user is None or not self.has_change_permission(request, user):
            raise PermissionDenied
        found: User = user
        return found

    def _key_page(self, request: HttpRequest, user: User, key: str) -> HttpResponse:
        """Show a new access key once, or say that only its user may see it."""
        shown = services.show_once_or_keep(user=user, key=key, actor=user_of(request))
        title = f"Access key of {user}"
        response = self._page(request, "access_key", user, key=shown, is_kept=not shown, title=title)
        add_never_cache_headers(response)
        return response

    def _page(self, request: HttpRequest, name: str, user: User, **context: Any) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "original": user, **context}
        return TemplateResponse(request, f"admin/users/user/{name}.html", shown)


@admin.register(UserGroup)
class UserGroupAdmin(ServiceAdmin):
    """Groups of the organisations the actor may see."""

    resource = USER_GROUPS
    form = UserGroupForm
    list_display = [
        *("name", "description", "organisation", "active", annotation("member_count", "Members"), "permissions_given"),
    ]
    list_filter = ["active"]
    search_fields = ["name", "description"]
    fieldsets = [
        (None, {"fields": ["organisation", "name", "description", "active"]}),
        ("Permissions", {"fields": ["user_permissions"]}),
        ("More", {"fields": ["password_max_days"]}),
    ]


def _require(check: services.AccessCheck, request: HttpRequest, user: User) -> None:
    """Say no before a page is shown whose form would be refused."""
    try:
        check(user_of(request), user)
    except ApplicationError as error:
        raise PermissionDenied(error.in_words) from error
