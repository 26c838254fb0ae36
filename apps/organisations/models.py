"""Organisations: the owners of everything else."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.core.ids import ObjectIdField
from apps.organisations.querysets import OrganisationQuerySet


class Organisation(models.Model):
    """A tenant: its users, APIs, keys and traffic are seen by nobody else.

    The fields are those of the admin REST endpoints (dashboard admin API, 5.13); what only the
    classic developer portal used (slug, cname, developer quota) is kept because clients send it and
    read it back.
    """

    id = ObjectIdField()
    owner_name = models.CharField("name", max_length=200, blank=True)
    owner_slug = models.CharField("slug", max_length=200, blank=True)
    cname = models.CharField("host name", max_length=255, blank=True)
    cname_enabled = models.BooleanField("host name in use", default=False)
    developer_quota = models.BigIntegerField(default=0)
    developer_count = models.BigIntegerField(default=0)
    hybrid_enabled = models.BooleanField(default=False)
    sso_enabled = models.BooleanField("single sign-on", default=False)
    event_options: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, help_text="Event → webhook, e-mail, Redis."
    )
    org_options_meta: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    additional_permissions: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, help_text="Permissions of the organisation's own: name → label."
    )
    open_policy: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    ui: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.owner_name or self.owner_slug or self.id
