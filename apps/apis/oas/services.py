"""What happens to APIs that are kept as documents, beyond what happens to every API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.apis.models import Api
from apps.apis.oas.extension import info
from apps.apis.oas.versioning import InvalidVersion, rebased, versions, with_version
from apps.apis.services import change_api, create_api
from apps.core.exceptions import ApplicationError
from apps.users.models import User


class UnknownBase(ApplicationError):
    """The API that another is to be a version of is not there for the caller. Status and text are the documented."""

    status = 403
    message = "Could not retrieve detail of apiID"

    def __init__(self, base_id: str, organisation: str) -> None:
        super().__init__(f"{self.message} {base_id} in org {organisation}")


@dataclass(frozen=True)
class VersionOptions:
    """As which version of which API an API is made or changed; nothing said, none of any."""

    base_api_id: str = ""
    base_api_version_name: str = ""
    new_version_name: str = ""
    set_default: bool = False


@transaction.atomic
def create_from_document(api: Api, options: VersionOptions, *, actor: User | None = None) -> Api:
    """Write a new API that is kept as a document; it keeps the public id that the document gives it.

    Raises what ``create_api`` does, ``UnknownBase``, ``InvalidVersion``.
    """
    given = info(api.document or {}).get("id")
    if isinstance(given, str) and given:
        api.api_id = given
    create_api(api, actor=actor)
    _become_version(api, options, actor)
    return api


@transaction.atomic
def change_document(api: Api, document: dict[str, Any], options: VersionOptions, *, actor: User | None = None) -> Api:
    """Replace the document of an API. Raises what ``change_api`` does, ``UnknownBase``, ``InvalidVersion``."""
    change_api(api, {"document": document}, actor=actor)
    _become_version(api, options, actor)
    return api


@transaction.atomic
def rebase(current: Api, following: Api, *, actor: User | None = None) -> None:
    """Let a version of an API take its place as base. Raises ``ApplicationError`` when one is not what it must be."""
    if current.base_id or not versions(current.document or {}):
        raise ApplicationError("current-base-apiId must be a base API")
    if following.base_id is None:
        raise ApplicationError("next-base-apiId must be a child API")
    if following.base_id != current.pk:
        raise ApplicationError("next-base-apiId must be a child of current-base-apiId")
    older, newer = rebased(current.document or {}, following.document or {})
    change_api(current, {"document": older}, actor=actor)
    change_api(following, {"document": newer}, actor=actor)
    Api.objects.filter(pk=following.pk).update(base=None)


def _become_version(api: Api, options: VersionOptions, actor: User | None) -> None:
    if not options.base_api_id:
        return
    visible = Api.objects.all() if actor is None else Api.objects.visible_to(actor)
    documents = visible.filter(organisation=api.organisation_id, kind=api.kind)
    base = documents.named(options.base_api_id).select_related("base", "organisation").first()
    if base is None or base.document is None:
        raise UnknownBase(options.base_api_id, api.organisation_id)
    if base.pk == api.pk or base.base_id or versions(api.document or {}):
        raise InvalidVersion("The base API must be another API that is no version itself")
    change_api(
        base,
        {
            "document": with_version(
                base.document,
                api_id=api.api_id,
                name=options.new_version_name,
                base_name=options.base_api_version_name,
                is_default=options.set_default,
            )
        },
        actor=actor,
    )
    api.base = base
