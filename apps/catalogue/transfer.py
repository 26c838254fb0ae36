"""What is published, as files and back: configuration that is kept elsewhere, such as in Git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.serializers import ApiTemplateInput, ApiTemplateSerializer, NewApiTemplateInput
from apps.apis.api_templates.services import change_template, create_template
from apps.apis.imports import bases_last, import_api
from apps.apis.models import Api
from apps.apis.oas.extension import info
from apps.apis.serializers import ApiSerializer
from apps.catalogue.repository import API, ASSET, OAS, POLICY, Entry, read
from apps.core.exceptions import ApplicationError
from apps.core.imports import import_each
from apps.keys.models import Policy
from apps.keys.services import import_policy
from apps.organisations.models import Organisation

#: Members that every write changes.
TIMES = {"created_at", "updated_at", "last_updated"}
CREATE, CHANGE, KEEP, REFUSE = "create", "change", "keep", "refuse"


class NoPublicId(ApplicationError):
    """A document does not say what it is known by, and would be made anew by every import."""

    message = "It has no public id: api_id of an API, id in x-tyk-api-gateway.info, id of a template or policy"


@dataclass(frozen=True)
class Change:
    """What an import does, or would do, with a document, and why it does not."""

    verb: str
    kind: str
    name: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}" + (f": {self.problem}" if self.problem else "")


def entries_of(organisation: Organisation) -> Iterator[Entry]:
    """Give all that an organisation publishes, MCP proxies aside, which the layout has no place for."""
    apis = Api.objects.filter(organisation=organisation).exclude(kind=Api.Kind.MCP).with_owners()
    for api in apis.order_by("created_at", "pk"):
        yield _entry_of_api(api)
    for template in ApiTemplate.objects.filter(organisation=organisation):
        yield Entry(ASSET, template.template_id, _lasting(ApiTemplateSerializer().to_representation(template)))
    for policy in Policy.objects.filter(organisation=organisation):
        yield Entry(POLICY, policy.policy_id, _lasting(policy.document()))


def import_folder(folder: Path, organisation: Organisation, *, dry_run: bool = False) -> list[Change]:
    """Write what a folder holds into an organisation, over what has the same public ids there; tell what changes.

    Nothing is deleted. What cannot be taken is left out, and the rest goes on. A dry run does the same, and then takes
    all of it back. Raises ``UnreadableRepository``.
    """
    sent = read(folder)
    apis = bases_last([document for section, document in sent if section == "files"])
    with transaction.atomic():
        changes = [
            *(_change(OAS if one.get("oas") else API, _id_of_api(one), one, organisation) for one in apis),
            *(_change(ASSET, _id(one), one, organisation) for section, one in sent if section == "assets"),
            *(_change(POLICY, _id(one), one, organisation) for section, one in sent if section == "policies"),
        ]
        transaction.set_rollback(dry_run)
    return changes


def _change(kind: str, name: str, document: dict[str, Any], organisation: Organisation) -> Change:
    """Write a document, unless it is here as it is already."""
    before, verb = _stored(kind, name, organisation), KEEP

    def write(sent: dict[str, Any]) -> str:
        nonlocal verb
        with transaction.atomic():
            _write(kind, name, sent, organisation)
            after = _stored(kind, name, organisation)
            if after is None:
                raise NoPublicId
            transaction.set_rollback(after == before)  # not even its time of change
        verb = KEEP if after == before else CREATE if before is None else CHANGE
        return name

    problem = import_each([document], write, id_of=lambda _: name, noun=kind)[name]
    return Change(REFUSE if problem else verb, kind, name, problem)


def _write(kind: str, name: str, document: dict[str, Any], organisation: Organisation) -> None:
    """Write a document over what has its public id; internal ids may be others elsewhere."""
    row = _row(kind, name, organisation)
    if kind in {API, OAS}:
        definition = document.get("api_definition") or {}
        if isinstance(definition, dict):
            definition = {**definition, "org_id": organisation.pk, **({"id": row.pk} if row else {})}
        import_api({**document, "api_definition": definition})
    elif kind == POLICY:
        import_policy({**document, "org_id": organisation.pk, **({"_id": row.pk} if row else {})})
    else:
        shape = ApiTemplateInput if row else NewApiTemplateInput
        given = shape(data={**document, "org_id": organisation.pk})
        given.is_valid(raise_exception=True)
        fields = given.model_fields(organisation)
        change_template(row, fields) if row else create_template(ApiTemplate(organisation=organisation, **fields))


def _row(kind: str, name: str, organisation: Organisation) -> Any:
    if kind in {API, OAS}:
        return Api.objects.filter(organisation=organisation, api_id=name).first()
    if kind == POLICY:
        return Policy.objects.filter(organisation=organisation, policy_id=name).first()
    return ApiTemplate.objects.filter(organisation=organisation, template_id=name).first()


def _stored(kind: str, name: str, organisation: Organisation) -> dict[str, Any] | None:
    """Give what is here, as an export has it."""
    row = _row(kind, name, organisation)
    if row is None:
        return None
    if isinstance(row, Api):
        return {"kind": row.kind, "closed": row.is_owned, **_entry_of_api(row).document}
    return _lasting(row.document() if isinstance(row, Policy) else ApiTemplateSerializer().to_representation(row))


def _entry_of_api(api: Api) -> Entry:
    """Give a classic definition without what only documents have, or a document without its definition."""
    given = _lasting(ApiSerializer().to_representation(api))
    left_out = {"api_model", "api_definition"} if api.document is not None else {"api_model", "oas", "categories"}
    kept = {name: value for name, value in given.items() if name not in left_out}
    return Entry(API if api.document is None else OAS, api.api_id, kept)


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in TIMES}


def _id_of_api(document: dict[str, Any]) -> str:
    definition, said = document.get("api_definition"), document.get("oas")
    found = definition.get("api_id") if isinstance(definition, dict) else None
    return str(found or (info(said).get("id") if isinstance(said, dict) else "") or "")


def _id(document: dict[str, Any]) -> str:
    return str(document.get("id") or document.get("_id") or "")
