"""Policies."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.core.documents import DocumentField
from apps.history.models import VersionedModel
from apps.keys import policies
from apps.keys.querysets import PolicyQuerySet
from apps.organisations.models import OrganisationModel

#: Status and wording of the refusal are the documented ones.
NAME_USED = "This policy name has already been used. Enter a unique policy name"


class Policy(OrganisationModel, VersionedModel):
    """What the keys that name it may call, and how often. Keys and gateways know it by ``policy_id``.

    ``definition`` is the document as it came. Below stand columns that are read from it (``read_definition``), for
    lists. ``policy_id`` is unique in all organisations: older gateways tell policies apart by nothing else.
    """

    class State(models.TextChoices):
        """Whether keys may use it; gateways get all but an active one as inactive."""

        ACTIVE = policies.ACTIVE, "Active"
        DRAFT = policies.DRAFT, "Draft"
        DENY = policies.DENY, "Denied"

    policy_id = models.CharField(
        "policy ID",
        max_length=255,
        unique=True,
        blank=True,
        db_collation="C",
        help_text="What keys call it. Without one, an id is made.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    definition = DocumentField(default=dict)
    # read from the definition
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE, editable=False)
    is_active = models.BooleanField(default=True, editable=False, help_text="Active, and not switched off by a flag.")
    api_ids: ArrayField[Any, Any] = ArrayField(models.TextField(), default=list, editable=False)

    audit_fields = ["name", "policy_id", "definition"]
    audit_follows = ["state", "is_active", "api_ids"]

    objects = PolicyQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        verbose_name = "policy"
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="policy_name", violation_error_message=f"{NAME_USED}."
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "created_at", "id"], name="policy_oldest"),
            GinIndex(fields=["api_ids"], name="policy_apis"),
        ]

    def __str__(self) -> str:
        return self.name

    def read_definition(self) -> None:
        """Take what the definition says into the columns, and out of it what has columns; nothing is written yet."""
        given = {"name": self.name, **self.definition}
        said = {name: value for name, value in given.items() if name not in policies.IDENTITY}
        self.definition = policies.with_rights(said, policies.rights_of(said))
        for name, value in policies.columns_of(self.definition).items():
            setattr(self, name, value)
        self.policy_id = self.policy_id or self.pk

    def document(self, apis: Collection[str] | None = None) -> dict[str, Any]:
        """Give the policy as it is read by somebody who sees these APIs (``None``: all), with its ids."""
        ids = {"_id": self.pk, "id": self.policy_id, "org_id": self.organisation_id}
        shown = policies.with_rights(self.definition, policies.seen_rights(self.definition, apis))
        written = {"last_updated": str(int(self.updated_at.timestamp()))} if self.updated_at else {}
        return {**ids, **shown, **written}

    def delivered(self) -> dict[str, Any]:
        """Give the policy as gateways read it."""
        return policies.delivered(self.document())

    @property
    def rate(self) -> str:
        """The rate that it has for all its APIs, in words."""
        return policies.in_words((self.definition.get("rate") or 0, self.definition.get("per") or 0))

    @property
    def quota(self) -> str:
        """The quota that it has for all its APIs, in words."""
        limit = self.definition.get("quota_max") or 0, self.definition.get("quota_renewal_rate") or 0
        return policies.in_words(limit)

    @property
    def state_in_words(self) -> str:
        """The state; of one that is active otherwise, that a flag switched it off."""
        return "Not active" if self.state == self.State.ACTIVE else self.get_state_display()

    def audit_values(self) -> dict[str, Any]:
        """What the log keeps: nothing twice; the state under a name that no secret has."""
        said = {name: value for name, value in self.definition.items() if name not in {"name", "state"}}
        return {**super().audit_values(), "definition": said, "status": self.state}

    def audit_apis(self) -> frozenset[str]:
        """The public ids of its APIs."""
        return frozenset(self.api_ids or [""])
