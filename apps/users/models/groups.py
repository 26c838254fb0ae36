"""User groups: a permission map that several users share."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.db.models.functions import Lower

from apps.audit.models import AuditedModel
from apps.organisations.models import Organisation, OrganisationModel
from apps.users.permissions import permissions_summary
from apps.users.querysets import UserGroupQuerySet


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
        return permissions_summary(self.user_permissions) or "nothing"
