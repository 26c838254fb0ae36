"""APIs that gateways serve, and their owners."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.apis import classic
from apps.apis.api_templates.models import ApiTemplate  # noqa: F401  (Django looks for models here)
from apps.apis.oas.compiling import definition_of
from apps.apis.oas.extension import operation_id, operations, with_ids
from apps.apis.querysets import ApiQuerySet
from apps.core.documents import DocumentField
from apps.core.ids import new_public_id
from apps.history.models import VersionedModel
from apps.organisations.models import Organisation, OrganisationModel
from apps.users.models import UserGroup

OWN = "own_api"
#: What gateways know a kind by (gateway 5.13).
MEMBERS_OF_KIND: dict[str, dict[str, Any]] = {"mcp": {"application_protocol": "mcp", "json_rpc_version": "2.0"}}


class Api(OrganisationModel, VersionedModel):
    """An API of an organisation. Gateways and their records name it by ``api_id``, which its maker may choose.

    ``definition`` is the classic definition, as gateways read it: as it came, or made of the ``document`` of an API
    that is kept as an OpenAPI document. Below stand columns that are read from it (``read_definition``), for lists.
    """

    class Kind(models.TextChoices):
        """How an API is kept, and at which REST path."""

        CLASSIC = "classic", "Classic"
        OAS = "oas", "OpenAPI"
        MCP = "mcp", "MCP proxy"
        STREAMS = "streams", "Streams"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="apis")
    api_id = models.CharField("API ID", max_length=255, unique=True, default=new_public_id, db_collation="C")
    is_owned = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Closed to everybody but its owners and administrators, also when the last owner was deleted.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.CLASSIC, db_default=Kind.CLASSIC, editable=False)
    definition = DocumentField(default=dict, db_default={})
    document = DocumentField("OpenAPI document", null=True, blank=True)
    hook_references = DocumentField("webhooks", default=list, db_default=[], blank=True)
    categories: ArrayField[Any, Any] = ArrayField(
        models.CharField(max_length=255), default=list, db_default=[], blank=True
    )
    is_site = models.BooleanField(default=False, db_default=False, editable=False)
    sort_by = models.IntegerField(default=0, db_default=0, editable=False)
    base = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="children",
        verbose_name="version of",
    )
    # read from the definition
    name = models.CharField(max_length=255)
    active = models.BooleanField(default=True)
    internal = models.BooleanField(default=False, db_default=False, editable=False)
    slug = models.CharField(max_length=255, blank=True, db_default="", editable=False)
    route = models.TextField(
        blank=True, db_default="", editable=False, help_text="Domain and path, without final slashes, or TCP port."
    )
    target_url = models.TextField("upstream", blank=True, db_default="", editable=False)
    auth_type = models.CharField("authentication", max_length=16, blank=True, db_default="", editable=False)
    api_type = models.CharField("type", max_length=16, blank=True, db_default="", editable=False)
    is_logged = models.BooleanField(
        default=True, db_default=True, editable=False, help_text="Whether gateways record its requests."
    )
    operation_ids: ArrayField[Any, Any] = ArrayField(
        models.TextField(), default=list, db_default=[], blank=True, editable=False
    )

    audit_fields = [
        *("name", "api_id", "active", "definition", "document", "hook_references", "categories", "is_site", "sort_by"),
    ]
    version_also = ["kind"]
    audit_follows = [
        *("internal", "slug", "route", "target_url", "auth_type", "api_type", "is_logged", "operation_ids"),
        *("base", "kind"),
    ]

    objects = ApiQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        verbose_name = "API"
        verbose_name_plural = "APIs"
        ordering = ["-created_at", "id"]
        permissions = [(OWN, "Owns the API")]
        indexes = [
            models.Index(fields=["organisation", "-created_at", "id"], name="api_newest"),
            models.Index(fields=["organisation", "route"], name="api_route"),
            GinIndex(fields=["categories"], name="api_categories"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_classic(self) -> bool:
        """Whether it is kept as a classic definition, and not as a document."""
        return self.kind == self.Kind.CLASSIC

    @property
    def title(self) -> str:
        """What people call it: the name without the categories that the name of a classic API has."""
        return (" ".join(classic.words_of(self.name)[0]) if self.is_classic else self.name) or self.name

    @property
    def served_definition(self) -> dict[str, Any]:
        """The classic definition with the ids that it has here."""
        ids = {"id": self.pk, "api_id": self.api_id, "org_id": self.organisation_id}
        said = {"name": self.name, "active": self.active, **self.definition}
        return {**said, **ids, **({} if self.is_classic else {"is_oas": True})}

    def read_document(self) -> None:
        """Put the ids that it has here into the document, and make the definition of it; nothing is written yet."""
        ids = {"pk": self.pk, "api_id": self.api_id, "organisation": self.organisation_id}
        self.document = with_ids(self.document or {}, **ids)
        self.definition = {**definition_of(self.document), **MEMBERS_OF_KIND.get(self.kind, {})}

    def read_definition(self) -> None:
        """Complete the definition, and take what it says into the columns; nothing is written yet.

        The name of a classic API has its categories; those of others stand for themselves.
        """
        completed = classic.completed(self.definition, api_id=self.api_id, name=self.name)
        self.definition = {name: value for name, value in completed.items() if name not in classic.IDENTITY}
        self.definition.setdefault("active", self.active)
        columns = classic.columns_of(self.definition)
        if not self.is_classic:
            del columns["categories"]
        for name, value in columns.items():
            setattr(self, name, value)
        self.operation_ids = [operation_id(*one) for one in operations(self.document or {})]

    def audit_values(self) -> dict[str, Any]:
        """What the log keeps: nothing twice, so of an API that is kept as a document no definition."""
        definition = self.definition if self.is_classic else {}
        said = {name: value for name, value in definition.items() if name not in {"name", "active"}}
        return {**super().audit_values(), "definition": said}

    def version_values(self) -> dict[str, Any]:
        """What a version keeps: of an API that is kept as a document no definition, which is made of that."""
        kept = super().version_values()
        return {name: value for name, value in kept.items() if self.document is None or name != "definition"}

    def owner_ids(self) -> dict[str, list[str]]:
        """Give the ids of the users and user groups who own it, as ``access`` has them on the wire."""
        return {
            "userIds": sorted(owner.user_id for owner in self.user_owners.all()),
            "userGroupIds": sorted(owner.group_id for owner in self.group_owners.all()),
        }


class UserOwner(UserObjectPermissionBase):
    """A user who owns an API: guardian's object permission, by a foreign key of its own."""

    content_object = models.ForeignKey(Api, on_delete=models.CASCADE, related_name="user_owners")

    class Meta(UserObjectPermissionBase.Meta):
        pass


class GroupOwner(GroupObjectPermissionBase):
    """A user group whose members own an API."""

    group = models.ForeignKey(UserGroup, on_delete=models.CASCADE)  # type: ignore[assignment]  # not Django's groups
    content_object = models.ForeignKey(Api, on_delete=models.CASCADE, related_name="group_owners")

    class Meta(GroupObjectPermissionBase.Meta):
        pass
