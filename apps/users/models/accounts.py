"""Accounts of people and programs, and user groups: a permission map that several users share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from apps.audit.models import AuditedModel
from apps.core.ids import ObjectIdField
from apps.core.timezones import zone_names
from apps.organisations.models import Organisation, OrganisationModel
from apps.users import permissions as table
from apps.users.permissions import permissions_summary
from apps.users.querysets import UserGroupQuerySet, UserManager

if TYPE_CHECKING:
    from apps.users.querysets import UserQuerySet


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless this is the name of an IANA time zone."""
    if name not in zone_names():
        raise ValidationError("%(name)s is no IANA time zone.", params={"name": name})


class User(AuditedModel, AbstractBaseUser):
    """A person or program of one organisation; a *super user* has none and sees every organisation."""

    id = ObjectIdField()
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="users",
        help_text="Without one, this is a super user who sees every organisation.",
    )
    email = models.EmailField("e-mail address", help_text="The log-in name, in lower case.")
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("active", default=True, help_text="Others can neither log in nor use their key.")
    is_staff = models.BooleanField("staff", default=False, help_text="May open the staff site.")
    user_permissions: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "permissions", default=dict, blank=True, help_text="Name → level. Empty means administrator."
    )
    group = models.ForeignKey(
        "users.UserGroup",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="members",
        help_text="While it is active, its permissions take the place of the user's own.",
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name; empty takes the site's zone.", validators=[validate_time_zone]
    )
    password_max_days = models.PositiveIntegerField(
        default=0, help_text="Days a password lasts; 0 takes the rule of the group, else of the site."
    )
    password_updated = models.DateTimeField(null=True, blank=True, editable=False)
    must_change_password = models.BooleanField(default=False, help_text="Asks for a new password at the next log-in.")
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    audit_fields = {
        "email_address": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "org_id": "organisation",
        "active": "is_active",
        "staff": "is_staff",
        "user_permissions": "user_permissions",
        "group_id": "group",
        "password_max_days": "password_max_days",
        "must_change_password": "must_change_password",
        "time_zone": "time_zone",
    }
    audit_select_related = ("group", "organisation")

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["email", "organisation"], name="user_email_in_organisation", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def audit_name(self) -> str:
        """What the audit log calls this user."""
        return self.email

    @property
    def is_super_user(self) -> bool:
        """Whether this user belongs to no organisation and so sees all of them."""
        return self.organisation_id is None

    @property
    def permissions(self) -> dict[str, str]:
        """What this user may do: name → level, the group's rules applied. Read it, do not change it."""
        groups = [(self.group.active, self.group.user_permissions)] if self.group else []
        return table.effective(self.user_permissions, groups)

    @property
    def groups(self) -> UserGroupQuerySet:
        """The active groups of this user; ownership of APIs asks for them."""
        return UserGroup.objects.filter(pk=self.group_id, active=True)

    @property
    def is_admin(self) -> bool:
        """Whether every permission is given."""
        return table.is_admin(self.permissions)

    @property
    def administers_organisation(self) -> bool:
        """Whether this user can manage all others of the organisation; one that has nobody left needs the operator."""
        return not self.is_super_user and self.is_admin and self.allows("users", table.WRITE)

    @property
    def is_super_admin(self) -> bool:
        """Whether this administrator may make administrators: of every organisation, or trusted with passwords."""
        return self.is_admin and (self.is_super_user or self.may_reset_passwords)

    @property
    def may_reset_passwords(self) -> bool:
        """Whether this user was explicitly trusted with the passwords of others: being administrator is not enough."""
        return table.can_reset_passwords(self.permissions)

    @property
    def has_two_factor(self) -> bool:
        """Whether this user logs in with a second factor."""
        return hasattr(self, "two_factor")

    @property
    def must_set_up_two_factor(self) -> bool:
        """Whether the organisation asks for a second factor and this user has none."""
        return bool(self.organisation and self.organisation.require_two_factor and not self.has_two_factor)

    @property
    def admins_to_ask(self) -> UserQuerySet:
        """Some people who can give this user permissions: administrators of the organisation."""
        here = User.objects.active().filter(organisation=self.organisation_id or "")
        people: UserQuerySet = here.administrators().exclude(pk=self.pk)[:3]
        return people

    @property
    def zone(self) -> ZoneInfo:
        """The time zone this user reads and writes times in."""
        return ZoneInfo(self.time_zone or settings.DISPLAY_TIME_ZONE)

    def allows(self, name: str | None, level: str = table.READ) -> bool:
        """Tell whether this user may use a level of a permission; ``None`` asks for an administrator."""
        return self.is_active and table.allows(self.permissions, name, level)

    def may_manage(self, other: User) -> bool:
        """Tell whether this user may change that one: within reach, and holding no more than this user.

        An administrator rules over administrators, but not over super-admins: who could reset a super-admin's
        key would become one.
        """
        within_reach = self.is_super_user or self.organisation_id == other.organisation_id
        holds_more = not self.may_grant(other.permissions) or (other.is_super_admin and not self.is_super_admin)
        return within_reach and self.allows("users", table.WRITE) and not holds_more

    def may_grant(self, given: Mapping[str, str]) -> bool:
        """Tell whether this user may hand out a permission map."""
        return table.covers(self.permissions, given)

    def get_session_auth_hash(self) -> str:
        """Give what every session of this user must know: a new password or ``end_sessions`` ends them."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Give the same under the secret keys of before."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None = None) -> str:
        known = f"{self.password}:{self.session_generation}"
        return salted_hmac("apps.users.session", known, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """Give first and last name, as far as there are any."""
        return f"{self.first_name} {self.last_name}".strip()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Answer Django's question for models without an admin of ours: administrators of the staff only."""
        return self.is_active and self.is_staff and self.is_super_user and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        """Let the staff see an app's heading; each admin class says what is under it."""
        return self.is_active and self.is_staff


class UserGroup(OrganisationModel, AuditedModel):
    """Users of one organisation with the same permissions.

    An active group's map takes the place of its members' own; it can make nobody an administrator.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="user_groups")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    active = models.BooleanField(default=True, help_text="Members of others have their own permissions only.")
    password_max_days = models.PositiveIntegerField(
        default=0, help_text="Days a member's password lasts; 0 takes the site's rule."
    )
    user_permissions: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "permissions", default=dict, blank=True, help_text="Name → level. Empty means none."
    )

    audit_fields = ["name", "description", "organisation", "active", "user_permissions", "password_max_days"]

    objects = UserGroupQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        indexes = [models.Index("organisation", Lower("name"), name="user_group_by_name")]

    def __str__(self) -> str:
        return self.name

    @admin.display(description="Gives")
    def permissions_given(self) -> str:
        """What members may do, in words."""
        return permissions_summary(self.user_permissions, self.organisation.permission_labels) or "nothing"
