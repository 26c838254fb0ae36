"""What happens to APIs: registered, changed, deleted, and given owners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.apis.models import OWN, Api, GroupOwner, UserOwner
from apps.audit.services import audited, record_event
from apps.core.exceptions import ApplicationError
from apps.organisations.services import forget_listed_api
from apps.users.models import User, UserGroup


class UnknownOwner(ApplicationError):
    """An owner is nobody of the API's organisation."""

    status = 400
    message = "Owners must be users and user groups of the API's organisation"


class DuplicateApiId(ApplicationError):
    """Another API has this public id, here or in another organisation: gateways tell APIs apart by it."""

    status = 409
    message = "Found API with the same ID"


def create_api(api: Api, *, actor: User | None = None) -> Api:
    """Write a new API. Raises ``DuplicateApiId``."""
    with audited(api, "Create", actor=actor):
        _check_api_id(api)
    return api


def change_api(api: Api, changes: Mapping[str, Any], *, actor: User | None = None) -> Api:
    """Change fields of an API. Raises ``DuplicateApiId``."""
    with audited(api, "Update", changes, actor=actor):
        _check_api_id(api)
    return api


def delete_api(api: Api, *, actor: User | None = None) -> None:
    """Delete an API and its owners. What was counted for it stays."""
    with audited(api, "Delete", actor=actor, delete=True):
        forget_listed_api(organisation=api.organisation, api_id=api.api_id)


@transaction.atomic
def set_owners(*, api: Api, users: Collection[User] = (), groups: Collection[UserGroup] = ()) -> Api:
    """Give an API exactly these owners; with none of them, its whole organisation sees it.

    That is the only way to open it: an API whose last owner is deleted stays closed.
    Raises ``UnknownOwner`` when one of them belongs to another organisation.
    """
    owners: list[User | UserGroup] = [*users, *groups]
    if any(owner.organisation_id != api.organisation_id for owner in owners):
        raise UnknownOwner
    stored = Api.objects.select_for_update().get(pk=api.pk)
    before = stored.owner_ids()
    UserOwner.objects.filter(content_object=stored).exclude(user__in=users).delete()
    GroupOwner.objects.filter(content_object=stored).exclude(group__in=groups).delete()
    for owner in owners:
        if owner.pk not in {*before["userIds"], *before["userGroupIds"]}:
            assign_perm(OWN, owner, stored)
    api.is_owned = stored.is_owned = bool(owners)
    stored.save(update_fields=["is_owned"])
    subject = {"kind": Api.audit_kind(), "id": api.pk, "organisation": stored.organisation_id}
    after, about = stored.owner_ids(), stored.audit_apis()
    record_event(action="Update API Access", before=before, after=after, apis=about, **subject)
    return api


@transaction.atomic
def set_owner_ids(*, api: Api, user_ids: Iterable[str], group_ids: Iterable[str]) -> Api:
    """Do the same by ids. Raises ``UnknownOwner`` when one of them is nobody's in the organisation."""
    wanted_users, wanted_groups = set(user_ids), set(group_ids)
    users = User.objects.filter(organisation=api.organisation_id, pk__in=wanted_users)
    groups = UserGroup.objects.filter(organisation=api.organisation_id, pk__in=wanted_groups)
    if len(users) != len(wanted_users) or len(groups) != len(wanted_groups):
        raise UnknownOwner
    return set_owners(api=api, users=users, groups=groups)


def _check_api_id(api: Api) -> None:
    if Api.objects.filter(api_id=api.api_id).exclude(pk=api.pk).exists():
        raise DuplicateApiId
