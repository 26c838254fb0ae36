"""What happens to organisations: made, changed, brought from elsewhere, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction

from apps.audit.services import audited, record_event
from apps.core.exceptions import ApplicationError
from apps.core.ids import is_object_id
from apps.core.tenancy import Caller
from apps.organisations.models import Organisation


class NotSaved(ApplicationError):
    """A value of a new organisation cannot be stored. Status and wording are the documented ones."""

    status = 403
    message = "Failed to save new Org object to DB"


class NotUpdated(ApplicationError):
    """A value cannot be stored, or there is no such organisation. Status and wording are the documented ones."""

    status = 403
    message = "Failed to update Org object to DB"


class NotDeleted(ApplicationError):
    """Something keeps the organisation. Status and wording are the documented ones."""

    status = 400
    message = "Could not delete the org"


def create_organisation(organisation: Organisation, *, actor: Caller | None = None) -> Organisation:
    """Write a new organisation. Raises ``NotSaved``."""
    with audited(organisation, "Create", actor=actor):
        _check(organisation, NotSaved)
    return organisation


def change_organisation(
    organisation: Organisation, changes: Mapping[str, Any], *, actor: Caller | None = None
) -> Organisation:
    """Change fields of an organisation. Raises ``NotUpdated``."""
    with audited(organisation, "Update", changes, actor=actor):
        _check(organisation, NotUpdated)
    return organisation


@transaction.atomic
def import_organisation(*, id: str, values: Mapping[str, Any]) -> Organisation:  # noqa: A002  (its name everywhere)
    """Write an organisation of another Weir under its own id, over one that has it. Raises ``NotSaved``.

    ``values`` are fields by their names in ``Organisation.audit_fields``.
    """
    brought = Organisation(id=id)
    brought.take(values)
    if not is_object_id(id):
        raise NotSaved
    _check(brought, NotSaved)
    _, is_new = Organisation.objects.get_or_create(pk=id)
    organisation = _held(id)
    before = None if is_new else organisation.audit_values()
    organisation.take(values)
    organisation.save(force_update=True)
    after = organisation.audit_values()
    record_event(action="Import Organisation", before=before, after=after, **_subject(organisation))
    return organisation


def delete_organisation(organisation: Organisation, *, actor: Caller | None = None) -> None:
    """Delete an organisation and all that hangs on it: users, groups, access keys, APIs, owners. Raises ``NotDeleted``.

    Counted traffic and audit records name the organisation and stay for as long as they are kept.
    """
    try:
        with audited(organisation, "Delete", actor=actor, delete=True):
            pass
    except DatabaseError as error:
        raise NotDeleted from error


@transaction.atomic
def set_additional_permissions(*, organisation: Organisation, permissions: Mapping[str, str]) -> Organisation:
    """Give an organisation exactly these permissions of its own, name → label; with none, the site's apply again.

    Raises ``NotUpdated`` when they have another shape.
    """
    held = _held(organisation.pk)
    before = {"additional_permissions": held.additional_permissions}
    held.additional_permissions = dict(permissions)
    _check(held, NotUpdated)
    held.save(update_fields=["additional_permissions"])
    after = {"additional_permissions": held.additional_permissions}
    record_event(action="Update Additional Permissions", before=before, after=after, **_subject(held))
    return held


@transaction.atomic
def forget_listed_api(*, organisation: Organisation, api_id: str) -> None:
    """Take an API that is deleted out of the list that the organisation came with."""
    held = _held(organisation.pk)
    held.listed_apis = [entry for entry in held.listed_apis if entry.get("api_id") != api_id]
    held.save(update_fields=["listed_apis"])


def _held(id: str) -> Organisation:  # noqa: A002  (its name everywhere)
    """Give the stored organisation and let nobody else write it until the transaction ends."""
    return Organisation.objects.select_for_update().get(pk=id)


def _check(organisation: Organisation, refusal: type[ApplicationError]) -> None:
    try:
        organisation.clean_fields()
    except ValidationError as error:
        raise refusal from error


def _subject(organisation: Organisation) -> dict[str, Any]:
    return {"kind": organisation.audit_kind(), "id": organisation.pk, "organisation": organisation.pk}
