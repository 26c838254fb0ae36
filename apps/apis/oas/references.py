"""``$ref`` in a document: each must lead to something in the same document, and none in a circle to itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from apps.apis.oas.reading import InvalidDocument

#: Members whose own members are named by whoever wrote the document.
NAMED = frozenset(
    {
        *("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "schemas", "responses"),
        *("parameters", "examples", "requestBodies", "headers", "securitySchemes", "links", "callbacks", "pathItems"),
        *("paths", "variables", "mapping", "content", "encoding", "scopes", "webhooks"),
    }
)
#: Members that hold examples of data, in which nothing is a reference.
DATA = frozenset({"example", "default", "enum", "const", "value"})


def check_references(document: Mapping[str, Any]) -> None:
    """Raise ``InvalidDocument`` for the first reference that leads nowhere, elsewhere, or in a circle."""
    good: set[str] = set()
    for place, reference in references(document):
        if not reference.startswith("#"):
            raise InvalidDocument.at(
                place, f"{reference[:200]} stands outside of the document; put it under components"
            )
        good |= _followed(document, place, reference, good)


def references(value: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give place and text of every ``$ref`` of a document."""
    waiting: list[tuple[Any, tuple[Any, ...], bool]] = [(value, (), False)]
    while waiting:
        found, place, is_named = waiting.pop()
        if isinstance(found, list):
            waiting += [(inner, (*place, step), False) for step, inner in enumerate(found)]
        elif isinstance(found, Mapping):
            if not is_named and isinstance(reference := found.get("$ref"), str):
                yield (*place, "$ref"), reference
            for name, inner in found.items():
                if isinstance(inner, dict | list) and (is_named or not _is_data(name)):
                    waiting.append((inner, (*place, name), not is_named and name in NAMED))


def pointed_at(document: Any, reference: str) -> Any:
    """Give what a reference into a document leads to. Raises ``LookupError`` when that is nothing."""
    if not reference.startswith("#/"):
        raise LookupError(reference)
    found = document
    for step in reference.removeprefix("#").split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) and name.isdecimal() else found[name]
    return found


def _is_data(name: str) -> bool:
    return name in DATA or name.startswith("x-")


def _followed(document: Mapping[str, Any], place: tuple[Any, ...], reference: Any, good: set[str]) -> set[str]:
    """Give the references on the way to what one leads to at last, or to one that is known to be good."""
    seen: set[str] = set()
    while isinstance(reference, str) and reference not in good:
        if reference in seen:
            raise InvalidDocument.at(place, f"{reference[:200]} leads in a circle, and to nothing")
        seen.add(reference)
        try:
            found = pointed_at(document, reference)
        except (LookupError, TypeError) as error:
            raise InvalidDocument.at(place, f"{reference[:200]} leads nowhere") from error
        reference = found.get("$ref") if isinstance(found, Mapping) else None
    return seen
