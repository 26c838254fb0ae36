"""What happens to APIs: registered, changed, deleted, and given owners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.apis.models import OWN, Api, GroupOwner, UserOwner
from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.core.partial_updates import apply_changes
from apps.organisations.services import forget_listed_api
from apps.users.models import User, UserGroup

KIND = "api"


class UnknownOwner(ApplicationError):
    """An owner is nobody of the API's organisation."""

    status = 400
    message = "Owners must be users and user groups of the API's organisation"


class SameId(ApplicationError):
    """Another API has this public id, here or in another organisation: gateways tell APIs apart by it."""

    status = 409
    message = "Found API with the same ID"


@transaction.atomic
def register(*, api: Api) -> Api:
    """Write a new API. Raises ``SameId``."""
    _refuse_same_id(api)
    api.save(force_insert=True)
    record_event(action="Create API", after=api.settable(), **_subject(api))
    return api


@transaction.atomic
def change(*, api: Api, changes: Mapping[str, Any]) -> Api:
    """Write what can be set of an API and is changed; all else stays as it is stored. Raises ``SameId``."""
    held = _held(api)
    before = held.settable()
    apply_changes(api, held, changes, before)
    _refuse_same_id(api)
    api.save(update_fields=[*before, "updated_at"])
    record_event(action="Update API", before=before, after=api.settable(), **_subject(api))
    return api


@transaction.atomic
def delete(*, api: Api) -> None:
    """Delete an API and its owners. What was counted for it stays."""
    subject, before = _subject(api), _held(api).settable()
    forget_listed_api(organisation=api.organisation, api_id=api.api_id)
    api.delete()
    record_event(action="Delete API", before=before, **subject)


@transaction.atomic
def set_owners(*, api: Api, users: Collection[User] = (), groups: Collection[UserGroup] = ()) -> Api:
    """Give an API exactly these owners; with none of them, its whole organisation sees it.

    That is the only way to open it: an API whose last owner is deleted stays closed.
    Raises ``UnknownOwner`` when one of them belongs to another organisation.
    """
    owners: list[User | UserGroup] = [*users, *groups]
    if any(owner.organisation_id != api.organisation_id for owner in owners):
        raise UnknownOwner
    held = _held(api)
    before = held.owner_ids()
    UserOwner.objects.filter(content_object=held).exclude(user__in=users).delete()
    GroupOwner.objects.filter(content_object=held).exclude(group__in=groups).delete()
    for owner in owners:
        if owner.pk not in {*before["userIds"], *before["userGroupIds"]}:
            assign_perm(OWN, owner, held)
    api.is_owned = held.is_owned = bool(owners)
    held.save(update_fields=["is_owned"])
    record_event(action="Update API Access", before=before, after=held.owner_ids(), **_subject(held))
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


def _held(api: Api) -> Api:
    """Give the stored API and let nobody else write it until the transaction ends."""
    return Api.objects.select_for_update().get(pk=api.pk)


def _refuse_same_id(api: Api) -> None:
    if Api.objects.filter(api_id=api.api_id).exclude(pk=api.pk).exists():
        raise SameId


def _subject(api: Api) -> dict[str, Any]:
    return {"kind": KIND, "id": api.pk, "organisation": api.organisation_id}
