"""APIs that gateways serve, and their owners."""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.apis.querysets import ApiQuerySet
from apps.audit.models import AuditedModel
from apps.core.ids import new_public_id
from apps.organisations.models import Organisation, OrganisationModel
from apps.users.models import UserGroup

OWN = "own_api"


class Api(OrganisationModel, AuditedModel):
    """An API of an organisation. Gateways and their records name it by ``api_id``, which its maker may choose."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="apis")
    api_id = models.CharField("API ID", max_length=255, unique=True, default=new_public_id, db_collation="C")
    name = models.CharField(max_length=255)
    active = models.BooleanField(default=True)
    is_owned = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Closed to everybody but its owners and administrators, also when the last owner was deleted.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    audit_fields = ["name", "api_id", "active"]

    objects = ApiQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        verbose_name = "API"
        verbose_name_plural = "APIs"
        ordering = ["-created_at", "id"]
        permissions = [(OWN, "Owns the API")]

    def __str__(self) -> str:
        return self.name

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
