"""What happens to APIs: made, changed, deleted, and given owners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.apis import classic, hook_references
from apps.apis.classic_checks import InvalidApi, check_row, checked, checked_references
from apps.apis.dependents import dependents
from apps.apis.models import OWN, Api, GroupOwner, UserOwner
from apps.apis.oas import global_webhooks
from apps.apis.oas.validation import check_document
from apps.apis.oas.versioning import without_version
from apps.apis.settings import changes_for
from apps.audit.diff import diff_of
from apps.audit.services import audited, record_event
from apps.core.exceptions import ApplicationError
from apps.hooks.models import Webhook
from apps.organisations.models import Organisation
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


class DuplicateRoute(ApplicationError):
    """Another API of the organisation listens to this path of this domain. Status and text are the documented ones."""

    status = 403
    message = "Found API with same url"


class NotOwner(ApplicationError):
    """An API that would be deleted along belongs to others. The documented answer to who does not own an API."""

    status = 401
    message = "Not authorised"


class WebhookNotPermitted(ApplicationError):
    """An API would take over a webhook that its writer may not read."""

    status = 403
    message = "access denied: You do not have permission to use this webhook"


def create_api(api: Api, *, actor: User | None = None) -> Api:
    """Write a new API; the definition of one with a document is made of that.

    Raises ``InvalidApi``, ``InvalidDocument``, ``DuplicateApiId``, ``DuplicateRoute``.
    """
    with _audited(api, "Create", actor=actor):
        pass
    return api


def change_api(api: Api, changes: Mapping[str, Any], *, actor: User | None = None) -> Api:
    """Change an API; its columns follow from its definition, and that from a document that changes.

    Raises ``InvalidApi``, ``InvalidDocument``, ``DuplicateApiId``, ``DuplicateRoute``.
    """
    with _audited(api, "Update", changes, actor=actor):
        pass
    return api


def delete_api(api: Api, *, actor: User | None = None) -> None:
    """Delete an API and its owners. What was counted for it stays; its versions become APIs of their own."""
    with transaction.atomic():
        base = api.base
        with audited(api, "Delete", actor=actor, delete=True):
            forget_listed_api(organisation=api.organisation, api_id=api.api_id)
            for one in dependents():
                one.api_deleted(api)
        if base is not None:
            _forget_version(base, api.api_id)


@transaction.atomic
def purge_api(api: Api, *, actor: User | None = None) -> None:
    """Delete an API and its versions. Raises ``NotOwner`` when the actor does not see all of them."""
    children = list(api.children.select_related("organisation"))
    seen = Api.objects.all() if actor is None else Api.objects.visible_to(actor)
    if seen.filter(base=api).count() != len(children):
        raise NotOwner
    delete_api(api, actor=actor)
    for child in children:
        child.base = None
        delete_api(child, actor=actor)


def _forget_version(base: Api, api_id: str) -> None:
    """Let an API know nothing more of a version of it that is gone, whoever owns it."""
    if base.document is not None:
        change_api(base, {"document": without_version(base.document, api_id)})
    else:
        change_api(base, {"definition": classic.without_version(base.definition, api_id)})


@contextmanager
def _audited(
    api: Api, verb: str, changes: Mapping[str, Any] | None = None, *, actor: User | None
) -> Iterator[Api | None]:
    """Write an API with what follows from its definition; one at a time in an organisation, for paths may clash."""
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=api.organisation_id)
        with audited(api, verb, changes, actor=actor) as before:
            said = _take_what_is_said(api, changes or {})
            if api.document is None and changes is not None and "document" in changes:
                api.kind = Api.Kind.CLASSIC  # what it was before, which is brought back
            if api.document is not None and (changes is None or "document" in {*changes, *said}):
                api.kind = Api.Kind.OAS if api.is_classic else api.kind  # a classic one that is migrated
                check_document(api.document, api.kind)
                _check_new_global_webhooks(api, before, actor)
                _copy_global_webhooks(api)
                api.read_document()
            elif changes is None or "definition" in {*changes, *said}:
                api.definition = checked(api.definition, is_classic=api.is_classic)
            if changes is None or "hook_references" in changes:
                api.hook_references = checked_references(api.hook_references)
            api.read_definition()
            _check_new_webhooks(api, before, actor)
            _copy_webhooks(api)
            _check(api)
            yield before
        versions = classic.child_versions(api.definition).values()
        Api.objects.filter(base=api).exclude(api_id__in=versions).update(base=None)
        seen = Api.objects.all() if actor is None else Api.objects.visible_to(actor)
        children = seen.filter(organisation=api.organisation_id, api_id__in=versions).exclude(pk=api.pk)
        Api.objects.filter(pk__in=children.values("pk")).update(base=api)


def _take_what_is_said(api: Api, changes: Mapping[str, Any]) -> set[str]:
    """Have a changed name or state stand in the definition as it is stored now; name the fields that say it."""
    said = {name: changes[name] for name in ("name", "active") if name in changes}
    if not said or {"definition", "document"} & changes.keys():
        return set()
    written = changes_for(api, said)
    for name, value in written.items():
        setattr(api, name, value)
    return set(written)


def refresh_webhook(webhook: Webhook, is_gone: bool) -> None:
    """Let APIs have a webhook as it is now; of one that is gone they keep their copy."""
    _refresh_documents(webhook, is_gone)
    if is_gone:
        return
    named = Api.objects.filter(organisation=webhook.organisation_id, hook_references__contains=webhook.pk)
    for api in named.select_for_update(of=("self",)):
        references = hook_references.refreshed(api.hook_references, {webhook.pk: webhook})
        if references != api.hook_references:
            change_api(api, {"hook_references": references})


def _refresh_documents(webhook: Webhook, is_gone: bool) -> None:
    if not webhook.webhook_id:
        return
    named = Api.objects.filter(organisation=webhook.organisation_id, document__contains=webhook.webhook_id)
    for api in named.select_for_update(of=("self",)):
        if webhook.webhook_id in global_webhooks.webhook_ids(api.document or {}):
            document: Any = api.document
            kept = global_webhooks.without_webhook(document, webhook.webhook_id) if is_gone else document
            change_api(api, {"document": kept})


def _check_new_webhooks(api: Api, before: Api | None, actor: User | None) -> None:
    """Let nobody read a webhook, whose headers may be secret, by having an API take it over.

    Whoever may not read webhooks can name one that the API has already, or one whose content they send along.
    """
    if actor is None or actor.allows("hooks"):
        return
    known = Webhook.objects.filter(organisation=api.organisation_id)
    ids = hook_references.webhook_ids(api.hook_references)
    ids -= hook_references.webhook_ids(before.hook_references if before else ())
    if any(not hook_references.has_copy(api.hook_references, one) for one in known.in_bulk(ids).values()):
        raise WebhookNotPermitted


def _check_new_global_webhooks(api: Api, before: Api | None, actor: User | None) -> None:
    if actor is None or actor.allows("hooks"):
        return
    ids = global_webhooks.webhook_ids(api.document or {})
    ids -= global_webhooks.webhook_ids((before.document if before else None) or {})
    if Webhook.objects.filter(organisation=api.organisation_id, webhook_id__in=ids).exists():
        raise WebhookNotPermitted


def _copy_global_webhooks(api: Api) -> None:
    """Take the webhooks that a document names over into it, as they are now."""
    document: Any = api.document
    ids = global_webhooks.webhook_ids(document)
    known = Webhook.objects.filter(organisation=api.organisation_id, webhook_id__in=ids) if ids else ()
    api.document = global_webhooks.with_webhooks(document, {one.webhook_id: one.as_handler for one in known})


def _copy_webhooks(api: Api) -> None:
    """Take over webhooks as they are now, and refuse what nobody could call."""
    ids = hook_references.webhook_ids(api.hook_references)
    known = Webhook.objects.filter(organisation=api.organisation_id).in_bulk(ids) if ids else {}
    api.hook_references = hook_references.refreshed(api.hook_references, known)
    for number, reference in enumerate(api.hook_references):
        if not hook_references.is_usable(reference):
            raise InvalidApi(f"hook_references.{number}: it needs event_name and a hook with method and target_path")


def _check(api: Api) -> None:
    check_row(api)
    others = Api.objects.exclude(pk=api.pk)
    if others.filter(api_id=api.api_id).exists():
        raise DuplicateApiId
    clashing = others.filter(organisation=api.organisation_id, route=api.route)
    if api.route and not settings.ENABLE_DUPLICATE_SLUGS and clashing.exists():
        raise DuplicateRoute
    for one in dependents():
        one.check_api(api)


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
    api.audit_locked(stored, None)
    before, was_owned = stored.owner_ids(), stored.is_owned
    UserOwner.objects.filter(content_object=stored).exclude(user__in=users).delete()
    GroupOwner.objects.filter(content_object=stored).exclude(group__in=groups).delete()
    for owner in owners:
        if owner.pk not in {*before["userIds"], *before["userGroupIds"]}:
            assign_perm(OWN, owner, stored)
    api.is_owned = stored.is_owned = bool(owners)
    subject = {"kind": Api.audit_kind(), "id": api.pk, "organisation": stored.organisation_id}
    after, about = stored.owner_ids(), stored.audit_apis()
    if (before, was_owned) != (after, stored.is_owned):
        stored.keep_first_version()
        stored.keep_next_version("Update API Access", diff_of(before, after))
    stored.save(update_fields=["is_owned", "revision"])
    api.revision = stored.revision
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


@transaction.atomic
def set_known_owners(*, api: Api, user_ids: Any, group_ids: Any) -> Api:
    """Give an API the owners of a definition, which may come from elsewhere: ids of nobody here are left out.

    ``None`` leaves a list as it is. An API that was to have owners, none of whom is here, stays closed.
    """
    owners = api.owner_ids()
    wanted_users = owners["userIds"] if user_ids is None else [one for one in user_ids if isinstance(one, str)]
    wanted_groups = owners["userGroupIds"] if group_ids is None else [one for one in group_ids if isinstance(one, str)]
    users = User.objects.filter(organisation=api.organisation_id, pk__in=wanted_users)
    groups = UserGroup.objects.filter(organisation=api.organisation_id, pk__in=wanted_groups)
    is_closed = bool(wanted_users or wanted_groups) or (api.is_owned and user_ids is group_ids is None)
    set_owners(api=api, users=users, groups=groups)
    if is_closed and not api.is_owned:
        api.is_owned = True
        api.save(update_fields=["is_owned"])
    return api
