"""APIs of another Weir, as its list gives them, written here under their own ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from rest_framework import serializers

from apps.apis.classic import IDENTITY, child_versions
from apps.apis.classic_checks import InvalidApi
from apps.apis.models import MEMBERS_OF_KIND, Api
from apps.apis.oas.extension import STREAMS_EXTENSION, info
from apps.apis.oas.versioning import versions
from apps.apis.serializers import OWNERS, NewApiInput
from apps.apis.services import change_api, create_api, set_known_owners
from apps.core.ids import new_public_id
from apps.core.serializers import InputSerializer, ObjectField, TextField, TextListField
from apps.organisations.models import Organisation

#: Member of a definition → where the extension of a document says the same.
IDS_OF_DOCUMENTS = {"id": "dbId", "api_id": "id", "org_id": "orgId"}


class ApiImport(InputSerializer):
    """What the list gives."""

    apis = serializers.ListField(child=serializers.JSONField())


class ImportedApi(NewApiInput):
    """An API as the list gives it. Of one that has a document, the definition is made of that, but for its ids."""

    api_definition = ObjectField(source="definition")
    oas = ObjectField(source="document")
    categories = TextListField(child=TextField(max_length=255))
    created_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take ids that only the document says from there; a document that is empty is none."""
        definition, document = attrs.get("definition") or {}, attrs.get("document") or None
        if definition.get("is_oas") is True and document is None:
            raise serializers.ValidationError({"oas": "The OpenAPI document is missing, and is_oas is true"})
        said = info(document or {})
        ids = {name: definition.get(name) or said.get(IDS_OF_DOCUMENTS[name]) or "" for name in IDENTITY}
        if wrong := [name for name, value in ids.items() if not isinstance(value, str)]:
            raise serializers.ValidationError({f"api_definition.{name}": "Not a valid string" for name in wrong})
        return {**attrs, "definition": {**definition, **ids}, "document": document}

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the API, with the categories that one with a document has."""
        categories = {name: value for name, value in self.validated_data.items() if name == "categories"}
        return {**super().model_fields(organisation), **categories}


def import_api(sent: Any) -> str:
    """Write an API under its own ids, over the one that has them; gives its public id. All of it or nothing.

    Owners who are nobody here are left out; an API that had only such stays closed, and so does one that is closed
    here and comes without owners. Lists of owners that are missing change nothing.
    Raises ``ValidationError``, and what ``create_api`` does.
    """
    read = ImportedApi(data=sent)
    read.is_valid(raise_exception=True)
    organisation = Organisation.objects.filter(pk=read.validated_data["definition"]["org_id"]).first()
    if organisation is None:
        raise InvalidApi("There is no organisation with the id in org_id")
    fields = read.model_fields(organisation)
    users, groups = (read.validated_data.get(name) for name in OWNERS)
    made_at = fields.pop("created_at", None)
    with transaction.atomic():
        api = _written(organisation, fields, made_at)
        if [users or [], groups or []] != [*api.owner_ids().values()]:
            set_known_owners(api=api, user_ids=users, group_ids=groups)
    return api.api_id


def bases_last(sent: list[Any]) -> list[Any]:
    """Give APIs in such an order that those which have versions find them when they come."""
    return sorted(sent, key=_has_versions)


def public_id_of(sent: Any) -> str:
    """Give the public id that an API came with, or a new one to name it by."""
    definition = sent.get("api_definition") if isinstance(sent, Mapping) else None
    given = definition.get("api_id") if isinstance(definition, Mapping) else None
    return given if isinstance(given, str) and given else new_public_id()


def _written(organisation: Organisation, fields: dict[str, Any], made_at: datetime | None) -> Api:
    ids = {"pk": pk} if (pk := fields["definition"]["id"]) else {"api_id": fields["definition"]["api_id"]}
    if stored := Api.objects.filter(organisation=organisation, **ids).select_related("organisation").first():
        return change_api(stored, {name: value for name, value in fields.items() if name != "id"})
    api = create_api(Api(organisation=organisation, kind=_kind_of(fields), **fields))
    if made_at is not None and made_at.year > 1:  # Go's zero time is none
        Api.objects.filter(pk=api.pk).update(created_at=made_at)
    return api


def _kind_of(fields: Mapping[str, Any]) -> Api.Kind:
    """Tell how an API is kept; what an MCP proxy is, only its definition says."""
    if fields["document"] is None:
        return Api.Kind.CLASSIC
    if fields["definition"].items() >= MEMBERS_OF_KIND[Api.Kind.MCP].items():
        return Api.Kind.MCP
    return Api.Kind.STREAMS if STREAMS_EXTENSION in fields["document"] else Api.Kind.OAS


def _has_versions(sent: Any) -> bool:
    if not isinstance(sent, Mapping):
        return False
    definition, document = sent.get("api_definition"), sent.get("oas")
    return bool(
        (isinstance(definition, Mapping) and child_versions(definition))
        or (isinstance(document, Mapping) and versions(document))
    )
