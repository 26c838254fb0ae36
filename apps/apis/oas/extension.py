"""The gateway's extension of an OpenAPI document, ``x-tyk-api-gateway``: reading it, and the ids in it.

Names and meaning: gateway 5.8 to 5.13. What is not known here is kept as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]

EXTENSION, STREAMS_EXTENSION = "x-tyk-api-gateway", "x-tyk-streaming"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def section(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Give the object below some members, one in another; an empty one where there is none."""
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def listed(document: Mapping[str, Any], name: str) -> list[Any]:
    """Give the list of a member; an empty one where there is none."""
    found = document.get(name)
    return list(found) if isinstance(found, list) else []


def objects(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the objects in the list of a member; an empty list where there is none."""
    return [dict(one) for one in listed(document, name) if isinstance(one, Mapping)]


def is_on(block: Mapping[str, Any]) -> bool:
    """Tell whether a block of the extension switches on what it is about."""
    return block.get("enabled") is True


def names_and_values(block: Mapping[str, Any], name: str) -> dict[str, str]:
    """Give a member ``[{"name": …, "value": …}]`` as an object."""
    return {one.get("name", ""): one.get("value", "") for one in objects(block, name)}


def info(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the extension says of the API as such."""
    return section(document, EXTENSION, "info")


def without_extension(document: Mapping[str, Any]) -> Document:
    """Give the plain OpenAPI document."""
    return {name: value for name, value in document.items() if name not in {EXTENSION, STREAMS_EXTENSION}}


def with_ids(document: Mapping[str, Any], *, pk: str, api_id: str, organisation: str) -> Document:
    """Give the document with the ids that the API has here; its members stay in their order."""
    extension = section(document, EXTENSION)
    ids = {"id": api_id, "dbId": pk, "orgId": organisation}
    extension["info"] = {**section(extension, "info"), **ids}
    return {**document, EXTENSION: extension}


def with_info(document: Mapping[str, Any], *, name: str | None = None, active: bool | None = None) -> Document:
    """Give the document as it says another name, or whether the API is served."""
    extension, told = section(document, EXTENSION), info(document)
    if name is not None:
        told["name"] = name
    if active is not None:
        told["state"] = {**section(told, "state"), "active": active}
    return {**document, EXTENSION: {**extension, "info": told}}


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give path, method in capitals and operation, in the order of the document."""
    for path, item in section(document, "paths").items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(operation := item.get(method), Mapping):
                yield path, method.upper(), dict(operation)


def operation_id(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """Give the id by which the extension names an operation; one without id is called by path and method."""
    given = operation.get("operationId")
    return given if isinstance(given, str) and given else f"{path.removeprefix('/')}{method.lower()}"
