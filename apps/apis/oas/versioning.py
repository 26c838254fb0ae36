"""Versions of an API, which are APIs of their own; the first of them, the base, knows the others by name.

All of it stands in ``info.versioning`` of the base's extension: pure functions over documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.apis.classic import SELF
from apps.apis.oas.extension import EXTENSION, Document, info, objects, section
from apps.core.exceptions import ApplicationError

#: How the version of a request is told where nobody said so.
LOCATION = {"location": "header", "key": "x-tyk-version"}


class InvalidVersion(ApplicationError):
    """The API cannot be a version of the other by this name."""

    status = 400
    message = "version name header should be set with base API ID"


def versioning(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give how the versions of an API are told; empty where it has none."""
    return section(info(document), "versioning")


def versions(document: Mapping[str, Any]) -> dict[str, str]:
    """Give the versions beside the base: name → public id of the API."""
    return {one.get("name", ""): one.get("id", "") for one in objects(versioning(document), "versions")}


def with_versioning(document: Mapping[str, Any], changed: Mapping[str, Any] | None) -> Document:
    """Give the document with this in the place of how versions are told; ``None`` for not at all."""
    extension = section(document, EXTENSION)
    kept = {name: value for name, value in info(document).items() if name != "versioning"}
    told = {} if changed is None else {"versioning": dict(changed)}
    return {**document, EXTENSION: {**extension, "info": {**kept, **told}}}


def with_version(
    document: Mapping[str, Any], *, api_id: str, name: str, base_name: str = "", is_default: bool = False
) -> Document:
    """Give the base's document with one version more. ``base_name`` may be left out where the base has a name.

    Raises ``InvalidVersion``: a name is missing, or stands for another version.
    """
    told = versioning(document)
    own = base_name or told.get("name", "")
    others = {known: id_ for known, id_ in versions(document).items() if id_ != api_id}
    if not name:
        raise InvalidVersion("new_version_name is required with base_api_id")
    if not own:
        raise InvalidVersion("base_api_version_name is required for the first version of an API")
    if name in others or name == own:
        raise InvalidVersion(f"The base API has a version {name} already")
    listed = [{"name": known, "id": id_} for known, id_ in {**others, name: api_id}.items()]
    default = name if is_default else told.get("default") or SELF
    where = {} if told.get("location") else LOCATION
    return with_versioning(
        document, {**told, "enabled": True, "name": own, "default": default, **where, "versions": listed}
    )


def without_version(document: Mapping[str, Any], api_id: str) -> Document:
    """Give the base's document without a version; when that was the default, it is the base itself."""
    told = versioning(document)
    gone = [name for name, id_ in versions(document).items() if id_ == api_id]
    kept = [{"name": name, "id": id_} for name, id_ in versions(document).items() if id_ != api_id]
    default = {"default": SELF} if told.get("default") in gone else {}
    return with_versioning(document, {**told, **default, "versions": kept})


def rebased(base: Mapping[str, Any], child: Mapping[str, Any]) -> tuple[Document, Document]:
    """Give both documents with the child as the base: settings, names and the default move along."""
    told, ids = versioning(base), (info(base).get("id", ""), info(child).get("id", ""))
    name = next(known for known, id_ in versions(base).items() if id_ == ids[1])
    own = told.get("name", "")
    default = {SELF: own, own: own, name: SELF, "": own}.get(told.get("default", ""), told.get("default", ""))
    others = [{"name": known, "id": id_} for known, id_ in versions(base).items() if id_ != ids[1]]
    moved = {**told, "name": name, "default": default, "versions": [{"name": own, "id": ids[0]}, *others]}
    return with_versioning(base, None), with_versioning(child, moved)
