"""Accounts of people and programs, and the access keys of their REST calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.core.ids import ObjectIdField
from apps.organisations.models import Organisation
from apps.users import permissions
from apps.users.querysets import UserManager


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless this is the name of an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError("%(name)s is no IANA time zone.", params={"name": name})


class User(AbstractBaseUser):
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
    email = models.EmailField("e-mail address", unique=True, help_text="The log-in name, in lower case.")
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("active", default=True, help_text="Others can neither log in nor use their key.")
    is_staff = models.BooleanField("staff", default=False, help_text="May open the staff site.")
    user_permissions: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "permissions", default=dict, blank=True, help_text="Name → level. Empty means administrator."
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name; empty takes the site's zone.", validators=[validate_time_zone]
    )
    password_max_days = models.PositiveIntegerField(default=0, help_text="Days a password lasts; 0 is for ever.")
    password_updated = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.email

    @property
    def is_super_user(self) -> bool:
        """Whether this user belongs to no organisation and so sees all of them."""
        return self.organisation_id is None

    @property
    def is_admin(self) -> bool:
        """Whether every permission is given."""
        return permissions.is_admin(self.user_permissions)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone this user reads and writes times in."""
        return ZoneInfo(self.time_zone or settings.DISPLAY_TIME_ZONE)

    def allows(self, name: str | None, level: str = permissions.READ) -> bool:
        """Tell whether this user may use a level of a permission; ``None`` asks for an administrator."""
        return self.is_active and permissions.allows(self.user_permissions, name, level)

    def may_manage(self, other: User) -> bool:
        """Tell whether this user may change that one: within reach, and holding no more than this user."""
        within_reach = self.is_super_user or self.organisation_id == other.organisation_id
        return within_reach and self.allows("users", permissions.WRITE) and self.may_grant(other.user_permissions)

    def may_grant(self, given: Mapping[str, str]) -> bool:
        """Tell whether this user may hand out a permission map."""
        return permissions.covers(self.user_permissions, given)

    def get_full_name(self) -> str:
        """Give first and last name, as far as there are any."""
        return f"{self.first_name} {self.last_name}".strip()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Answer Django's question for models without an admin of ours: administrators of the staff only."""
        return self.is_active and self.is_staff and self.is_super_user and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        """Let the staff see an app's heading; each admin class says what is under it."""
        return self.is_active and self.is_staff


class AccessKey(models.Model):
    """The secret of a user's REST calls. Only its digest is kept, so it is shown once, when it is made."""

    LAST_USED_PRECISION = timedelta(minutes=1)

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="access_key")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"Access key of {self.user_id}"

    def note_use(self) -> None:
        """Write the time of use, at most once a minute, so that a read stays a read."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > self.LAST_USED_PRECISION:
            AccessKey.objects.filter(pk=self.pk).update(last_used_at=now)
