"""Organisations: the owners of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models

from apps.audit.models import AuditedModel
from apps.core.ids import ObjectIdField
from apps.organisations import options
from apps.organisations.querysets import OrganisationQuerySet


class Organisation(AuditedModel):
    """A tenant: its users, APIs, keys and traffic are seen by nobody else.

    The fields are those of the admin REST endpoints (dashboard admin API, 5.13); what only the
    classic developer portal used (slug, cname, developer quota) is kept because clients send it and
    read it back. ``extra`` keeps what they send and nobody here knows.
    """

    id = ObjectIdField()
    owner_name = models.CharField("name", max_length=200, blank=True)
    owner_slug = models.CharField("slug", max_length=200, blank=True)
    cname = models.CharField("host name", max_length=255, blank=True)
    cname_enabled = models.BooleanField("host name in use", default=False)
    developer_quota = models.BigIntegerField(default=0)
    developer_count = models.BigIntegerField(default=0)
    hybrid_enabled = models.BooleanField(default=False)
    sso_enabled = models.BooleanField(
        "single sign-on", default=False, help_text="Users may come in through an identity broker."
    )
    require_two_factor = models.BooleanField(
        "two-factor log-in required",
        default=False,
        help_text="Whoever logs in with a password needs a second factor, and is led to set one up.",
    )
    event_options = models.JSONField[Any, Any](
        default=dict,
        blank=True,
        validators=[options.validate_event_options],
        help_text="Event → web hook, e-mail address, Redis.",
    )
    org_options_meta = models.JSONField[Any, Any](default=dict, blank=True, validators=[options.validate_object])
    additional_permissions = models.JSONField[Any, Any](
        default=dict,
        blank=True,
        validators=[options.validate_additional_permissions],
        help_text="Permissions of the organisation's own: name → label. Empty takes the site's.",
    )
    open_policy = models.JSONField[Any, Any](
        default=dict,
        blank=True,
        validators=[options.validate_open_policy],
        help_text='The organisation\'s rules: {"enabled": true, "rules": "…"}.',
    )
    ui = models.JSONField[Any, Any](default=dict, blank=True, validators=[options.validate_object])
    listed_apis = models.JSONField[Any, Any](
        default=list,
        blank=True,
        validators=[options.validate_api_entries],
        help_text="APIs that the organisation came with, whether Weir knows them or not.",
    )
    extra = models.JSONField[Any, Any](
        default=dict,
        blank=True,
        validators=[options.validate_object],
        help_text="What clients sent and Weir does not know; they read it back.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    #: What users and endpoints may set, in the order in which it is written.
    audit_fields = [
        "owner_name",
        "owner_slug",
        "cname",
        "cname_enabled",
        "developer_quota",
        "developer_count",
        "event_options",
        "hybrid_enabled",
        "sso_enabled",
        "require_two_factor",
        "org_options_meta",
        "additional_permissions",
        "open_policy",
        "ui",
        "listed_apis",
        "extra",
    ]

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.owner_name or self.owner_slug or self.id

    @property
    def permission_labels(self) -> dict[str, str]:
        """The additional permissions that count here: the organisation's own, or the site's while it has none."""
        own: dict[str, str] = self.additional_permissions
        return dict(own or settings.ADDITIONAL_PERMISSIONS)

    def take(self, values: Mapping[str, Any]) -> None:
        """Set fields, without writing them. Names are those of ``audit_fields``."""
        for name in self.audit_fields:
            if name in values:
                setattr(self, name, values[name])

    def api_entries(self, known: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        """List the organisation's APIs as the endpoints do: ``[{"api_human_name": …, "api_id": …}]``.

        ``known`` are the registered ones, (public id, name). Those that the organisation came with stand first,
        in their order and under the name they are registered with, so that an import of this list gives it again.
        """
        names = dict(known)
        listed = [(entry, entry.get("api_id", "")) for entry in self.listed_apis]
        came = [_entry(api_id, names.pop(api_id, entry.get("api_human_name", "")), entry) for entry, api_id in listed]
        return [*came, *(_entry(api_id, name) for api_id, name in names.items())]


def _entry(api_id: str, name: str, more: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Write one API, always in the same order."""
    return {**dict.fromkeys(("api_human_name", "api_id")), **more, "api_human_name": name, "api_id": api_id}


class OrganisationModel(models.Model):
    """A row of an organisation: its id (24 hex characters, in the order of time), whose it is, when it was made."""

    id = ObjectIdField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["created_at", "id"]
