"""What happens to policies: made, changed, deleted, brought from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.apis.models import Api
from apps.audit.services import audited
from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.ids import is_object_id
from apps.core.tenancy import EVERYTHING, Caller, scope_of
from apps.keys import policies
from apps.keys.models import NAME_USED, Policy
from apps.keys.policy_shape import MalformedPolicy, read_policy
from apps.organisations.models import Organisation

SAFE_ID = re.compile(r"[A-Za-z0-9._~-]+")
MAX_LENGTH = 255  # characters of a name or an id


class NameUsed(ApplicationError):
    """Another policy of the organisation has the name."""

    message = NAME_USED


class UnsafeId(ApplicationError):
    """The explicit id has characters that URLs and gateways trip over. The wording is the gateway's."""

    message = "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"


class DuplicateId(ApplicationError):
    """Another policy is known by this id, here or in another organisation: older gateways keep only one of them."""

    message = "Another policy has this ID. Choose another one"


class UnfitPolicy(ApplicationError):
    """No gateway would apply the policy, alone or together with others; the message says why."""

    message = "The policy cannot be applied"


class ForbiddenApis(ApplicationError):
    """The policy is to open APIs that the caller does not see, if they are there at all. The status is documented."""

    status = 403
    message = "User does not have permission to add API to policy Access Rights"


def create_policy(policy: Policy, *, actor: Caller | None = None) -> Policy:
    """Write a new policy. Raises ``NameUsed``, ``UnsafeId``, ``DuplicateId``, ``UnfitPolicy``, ``ForbiddenApis``."""
    with _written(policy, "Create", actor=actor):
        policy.definition.setdefault("date_created", timezone.now().isoformat().replace("+00:00", "Z"))
    return policy


def change_policy(policy: Policy, changes: Mapping[str, Any], *, actor: Caller | None = None) -> Policy:
    """Change a policy; its columns follow from its definition. Raises what ``create_policy`` does.

    Rights to APIs that the actor does not see stay as they are.
    """
    with _written(policy, "Update", changes, actor=actor):
        pass
    return policy


def delete_policy(policy: Policy, *, actor: Caller | None = None) -> None:
    """Delete a policy. Keys and APIs go on naming it, and so it can be made again."""
    with audited(policy, "Delete", actor=actor, delete=True):
        pass


def import_policy(document: Any) -> str:
    """Write a policy of another Weir under its own ids, over one that has them; gives its database id.

    All of it or nothing. Raises ``MalformedPolicy`` and what ``create_policy`` does.
    """
    if not isinstance(document, Mapping):
        raise MalformedPolicy
    read = read_policy(document)
    organisation = Organisation.objects.filter(pk=read.get("org_id") or "").first()
    if organisation is None:
        raise MalformedPolicy("There is no organisation with the id in org_id")
    given = read.get("_id") or ""
    if stored := Policy.objects.filter(organisation=organisation, pk=given).first():
        return change_policy(stored, fields_of(read)).pk
    return create_policy(Policy(organisation=organisation, **new_fields_of(read))).pk


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a policy from a document that ``read_policy`` gave. An empty id or name changes nothing."""
    fields: dict[str, Any] = {"definition": dict(document)}
    if not document.get("name"):
        fields["definition"].pop("name", None)
    return {**fields, **({"policy_id": document["id"]} if document.get("id") else {})}


def new_fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of a new policy, which keeps the database id that it came with, if that is one and free."""
    given = document.get("_id") or ""
    is_free = is_object_id(given) and not Policy.objects.with_any_id([given]).exists()
    return {**fields_of(document), **({"id": given} if is_free else {})}


@contextmanager
def _written(
    policy: Policy, verb: str, changes: Mapping[str, Any] | None = None, *, actor: Caller | None
) -> Iterator[None]:
    """Write a policy with what follows from its definition; one at a time in an organisation, for rules look around."""
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=policy.organisation_id)
        with audited(policy, verb, changes, actor=actor) as before:
            yield
            if before is not None:
                made = before.definition.get("date_created")
                policy.definition = {**({"date_created": made} if made else {}), **policy.definition}
            _limit_rights(policy, before, actor)
            policy.read_definition()
            _check(policy, before)


def _limit_rights(policy: Policy, before: Policy | None, actor: Caller | None) -> None:
    """Keep the rights to APIs that the actor does not see. Raises ``ForbiddenApis`` for new ones."""
    apis = (EVERYTHING if actor is None else scope_of(actor)).apis
    if apis is None:
        return
    given = policies.rights_of(policy.definition)
    stored = policies.rights_of(before.definition) if before else {}
    seen = policies.seen_rights(before.definition, apis) if before else {}
    if unknown := [api_id for api_id in given if api_id not in apis and api_id not in seen]:
        raise ForbiddenApis(f"{ForbiddenApis.message}: {', '.join(unknown)}")
    hidden = {api_id: right for api_id, right in stored.items() if api_id not in seen}
    policy.definition = policies.with_rights(policy.definition, {**given, **hidden})


def _check(policy: Policy, before: Policy | None) -> None:
    if not policy.name.strip() or max(len(policy.name), len(policy.policy_id)) > MAX_LENGTH:
        raise MalformedPolicy(f"{MALFORMED}: name: expected 1 to {MAX_LENGTH} characters, and of id no more")
    others = Policy.objects.exclude(pk=policy.pk)
    if others.filter(organisation=policy.organisation_id, name=policy.name).exists():
        raise NameUsed
    is_new_id = before is None or before.policy_id != policy.policy_id
    if is_new_id and not settings.ALLOW_UNSAFE_POLICY_IDS and not SAFE_ID.fullmatch(policy.policy_id):
        raise UnsafeId
    if is_new_id and others.with_any_id([policy.policy_id]).exists():
        raise DuplicateId
    if problem := policies.partition_problem(policy.definition, policy.policy_id):
        raise UnfitPolicy(problem)
    _check_kinds(policy)
    if before is None or policies.partitions_of(before.definition) != policies.partitions_of(policy.definition):
        _check_defaults(policy)


def _check_kinds(policy: Policy) -> None:
    """Raise ``UnfitPolicy`` for what an API of its kind cannot have; APIs that are not there are passed over."""
    named = Api.objects.filter(organisation=policy.organisation_id, api_id__in=policy.api_ids)
    rights = policies.rights_of(policy.definition)
    for api_id, kind in named.values_list("api_id", "kind"):
        if member := policies.kind_problem(rights[api_id] or {}, is_mcp=kind == Api.Kind.MCP):
            which = "MCP proxies have none" if kind == Api.Kind.MCP else "only MCP proxies have one"
            raise UnfitPolicy(f"access_rights.{api_id}.{member}: {which}")


def _check_defaults(policy: Policy) -> None:
    """Raise ``UnfitPolicy`` when an API gives this policy to its callers together with others that it does not go with.

    Only APIs that know JSON web tokens do, and their definitions are texts to PostgreSQL.
    """
    for either_id in {policy.pk, policy.policy_id}:
        apis = Api.objects.filter(organisation=policy.organisation_id, auth_type__in=("jwt", "multiAuth"))
        for api in apis.filter(definition__contains=either_id):
            check_defaults(api, policy)


def check_defaults(api: Api, changed: Policy | None = None) -> None:
    """Raise ``UnfitPolicy`` when the default policies of an API cannot be applied together; unknown ones may stay."""
    names = api.definition.get("jwt_default_policies")
    if api.definition.get("enable_jwt") is not True or not isinstance(names, list):
        return
    texts = [name for name in names if isinstance(name, str)]
    found = Policy.objects.filter(organisation=api.organisation_id).with_any_id(texts)
    known = {policy.pk: policy for policy in found}
    if changed and not {changed.pk, changed.policy_id}.isdisjoint(texts):
        known[changed.pk] = changed
    if problem := policies.combination_problem(policy.definition for policy in known.values()):
        raise UnfitPolicy(f"{problem}: default policies of the API {api.name}")
