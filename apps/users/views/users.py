"""Pages of users, for whoever administers an organisation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from apps.core.columns import NOTHING, Column, link, state
from apps.core.exceptions import ApplicationError
from apps.core.forms import ActorModelForm, Fieldset
from apps.core.resource_views import ResourcePages
from apps.users import services
from apps.users.forms.users import NewUserPageForm, UserPageForm
from apps.users.models import User
from apps.users.password_policy import expires_at
from apps.users.resources import USERS


def _name(user: User) -> SafeString:
    full_name = user.get_full_name()
    return link(reverse("user", args=[user.pk]), full_name or user.email, user.email if full_name else "")


def _group(user: User) -> Any:
    if user.group is None or user.group.active:
        return user.group
    return format_html('{} <span class="muted">(not active)</span>', user.group)


def _role(user: User) -> SafeString:
    if not user.is_admin:
        return format_html('<span class="muted">{}</span>', "User")
    return format_html('<span class="tag">{}</span>', "Super-admin" if user.is_super_admin else "Administrator")


def _last_login(user: User) -> SafeString:
    if user.last_login is None:
        return format_html('<span class="muted">{}</span>', "never")
    time = localtime(user.last_login)
    return format_html('<time datetime="{}">{}</time>', time.isoformat(), date_format(time, "j M Y H:i"))


def _two_factor(user: User) -> SafeString:
    shown, said = (format_html('<span class="tick">{}</span>', "✓"), "on") if user.has_two_factor else (NOTHING, "off")
    return format_html('{}<span class="visually-hidden">{}</span>', shown, said)


class UserPages(ResourcePages):
    """List, form and deletion of users, and what is done to one. What services refuse is said on the user's page."""

    resource = USERS
    name, search_label = "user", "Name or e-mail address"
    queryset = User.objects.select_related("group", "two_factor", "organisation", "access_key")
    columns = [
        Column("Name", _name, sort=["email"]),
        Column("Group", _group, sort=["group__name"], hide_narrow=True),
        Column("Role", _role),
        Column("Last log-in", _last_login, sort=["last_login"], hide_narrow=True),
        Column("Two-factor", _two_factor, hide_narrow=True),
        Column("State", lambda user: state(user.is_active, off="Inactive")),
    ]
    empty_title, not_found_title, show_all_label = "There are no users", "Nobody is called that", "Show everybody"
    not_found_text = "No name and no e-mail address has “{search}” in it."
    form_class, create_form_class = UserPageForm, NewUserPageForm
    fieldsets = [
        Fieldset(["organisation", "email", "first_name", "last_name", "group", "password"]),
        Fieldset(["is_active"], layout=""),
        Fieldset(["user_permissions"], legend="Permissions"),
        Fieldset(["password_max_days", "must_change_password"], layout="few"),
    ]
    aside_template = "users/_user_aside.html"
    before_delete = (
        "The account, its access key and its second factor are gone for good. What the audit log tells of it stays. "
        "APIs that nobody else owns stay closed to all but administrators. To keep the account and shut it, revoke it "
        "instead."
    )
    audit_actions = {
        "revoke": "Revoke User",
        "reset_key": "Reset Access Key",
        "set_password": "Reset Password",
        "remove_two_factor": "Remove Second Factor",
    }

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Add what is done to one user."""
        return [
            *super().urls(),
            path("users/<pk>/revoke/", cls.page(post="revoke"), name="user-revoke"),
            path("users/<pk>/access-key/", cls.page(get="ask_for_key", post="reset_key"), name="user-key"),
            path("users/<pk>/password/", cls.page(get="ask_for_password", post="set_password"), name="user-password"),
            path(
                "users/<pk>/two-factor/",
                cls.page(get="ask_for_two_factor", post="remove_two_factor"),
                name="user-two-factor",
            ),
        ]

    def heading(self, row: User | None) -> str:
        """Give the name of the user."""
        return (row.get_full_name() or row.email) if row else "New user"

    def is_in_use(self, row: User) -> bool:
        """Tell whether the user may come in."""
        return row.is_active

    def may_change(self, row: User | None) -> bool:
        """Tell whether the actor may manage the user."""
        return self.actor.may_manage(row) if row else self.may_write

    def notice(self, row: User | None) -> str:
        """Say why the form cannot be changed."""
        why = ": it may do more than you" if self.may_write else ""
        return "" if self.may_change(row) else f"You may look at this account, but not change it{why}."

    def fieldset_hint(self, fieldset: Fieldset, row: User | None) -> str:
        """Say when a group's permissions take the place of those chosen."""
        if not (fieldset.legend and row and row.group and row.group.active) or row.is_admin:
            return ""
        return f"While {row.group} is their group, what it gives counts and not what is chosen here."

    def details(self, row: User) -> dict[str, Any]:
        """Tell what is known of the account, and which actions would not be refused."""
        checks = {"password": services.check_can_set_password, "key": services.check_can_reset_key}
        allowed = self.may_change(row)
        may = {name: allowed and not services.is_denied(check, self.actor, row) for name, check in checks.items()}
        return {
            "may_set_password": may["password"],
            "may_reset_key": may["key"],
            "key": getattr(row, "access_key", None),
            "password_ends": expires_at(row),
        }

    def created(self, form: ActorModelForm) -> HttpResponse:
        """Make the user; the access key is shown on the page that follows."""
        password = form.cleaned_data["password"] or None
        self.resource.admit_create(form.instance, actor=self.actor)
        key = services.create_user(form.instance, password=password, actor=self.actor)
        return self.show_key(form.instance, key, is_new=True)

    def changed(self, row: User) -> HttpResponse:
        """Go back to the user's page."""
        return self.back(row, "Saved.")

    def back(self, user: User, text: str) -> HttpResponse:
        """Go to the user's page, and say what was done."""
        messages.success(self.request, text)
        return HttpResponseRedirect(reverse("user", args=[user.pk]))

    def show_key(self, user: User, key: str, **context: Any) -> HttpResponse:
        """Show a new access key once, or say that only its user may see it."""
        shown = services.show_once_or_keep(user=user, key=key, actor=self.actor)
        return self.render("users/user_access_key.html", account=user, key=shown, is_kept=not shown, **context)

    def revoke(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Make a user inactive."""
        user = self.row(pk)
        try:
            self.resource.admit_action("PUT", user, "actions/revoke", actor=self.actor)
            services.revoke_user(user, actor=self.actor)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "Revoked: the sessions are over, and the access key is rejected.")

    def ask_for_key(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask before an access key is reset."""
        return self.render("users/user_access_key.html", account=self.row(pk))

    def reset_key(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Reset an access key and show the new one, once."""
        user = self.row(pk)
        try:
            self.resource.admit_action("PUT", user, "actions/key/reset", actor=self.actor)
            return self.show_key(user, services.reset_access_key(user=user, actor=self.actor))
        except ApplicationError as error:
            return self.refused(user, error)

    def ask_for_password(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the form for a user's password, to administrators who were trusted with it."""
        return self._password(self.row(pk))

    def set_password(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Set a user's password."""
        return self._password(self.row(pk), request.POST)

    def _password(self, user: User, data: QueryDict | None = None) -> HttpResponse:
        """Ask for the right before the form: what that says of old passwords is for nobody else."""
        if user == self.actor:
            return HttpResponseRedirect(reverse("new-password"))  # which asks for the present one
        try:
            services.check_can_set_password(self.actor, user)
            form = SetPasswordForm(user, data)
            if not form.is_valid():
                return self.render("users/user_password.html", account=user, form=form)
            self.resource.admit_action("POST", user, "actions/reset", actor=self.actor)
            services.set_password(user=user, password=form.cleaned_data["new_password1"], actor=self.actor)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "The password is set, and the sessions opened with the old one are over.")

    def ask_for_two_factor(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask before a second factor is removed."""
        return self.render("users/user_remove_two_factor.html", account=self.row(pk))

    def remove_two_factor(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Remove the second factor of a user who has lost it."""
        user = self.row(pk)
        try:
            self.resource.admit_action("DELETE", user, "two-factor", actor=self.actor)
            services.remove_two_factor(user=user, actor=self.actor)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "The second factor is removed, and the sessions are over.")
