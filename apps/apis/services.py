"""What happens to APIs: made, and given owners."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.apis.models import OWN, Api, GroupOwner, UserOwner
from apps.core.errors import Refused
from apps.users.models import User, UserGroup


class UnknownOwner(Refused):
    """An owner is nobody of the API's organisation."""

    status = 400
    message = "Owners must be users and user groups of the API's organisation"


@transaction.atomic
def set_owners(*, api: Api, users: Collection[User] = (), groups: Collection[UserGroup] = ()) -> Api:
    """Give an API exactly these owners; with none of them, its whole organisation sees it.

    Raises ``UnknownOwner`` when one of them belongs to another organisation.
    """
    owners: list[User | UserGroup] = [*users, *groups]
    if any(owner.organisation_id != api.organisation_id for owner in owners):
        raise UnknownOwner
    UserOwner.objects.filter(content_object=api).exclude(user__in=users).delete()
    GroupOwner.objects.filter(content_object=api).exclude(group__in=groups).delete()
    for owner in owners:
        assign_perm(OWN, owner, api)
    return api
