"""Documents as they come: JSON or YAML, checked while they are read, and written again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from apps.apis.oas.yaml_documents import YamlFault, read_yaml
from apps.core.exceptions import ApplicationError
from apps.core.requests import DEEPEST, is_storable

YAML_TYPES = ("application/x-yaml", "application/yaml", "text/yaml", "text/x-yaml")


class UnreadableDocument(ApplicationError):
    """It is no JSON and no YAML, or says what cannot be kept; the message names the place."""

    status = 400
    message = "Couldn't read body"


class InvalidDocument(ApplicationError):
    """It can be read and is not valid; the message begins with the place: ``paths./menu.get.responses: …``."""

    status = 400
    message = "The document is not valid"

    @classmethod
    def at(cls, place: list[Any] | tuple[Any, ...], fault: str) -> InvalidDocument:
        """Give the refusal of what stands at a place."""
        return cls(f"{in_words(place)}: {fault}" if place else fault)


def in_words(place: list[Any] | tuple[Any, ...]) -> str:
    """Write a place in a document, names and numbers from the outside to the inside, as people do."""
    return ".".join(str(step) for step in place)


def is_yaml(content_type: str) -> bool:
    """Tell whether a content type asks for YAML."""
    return content_type.partition(";")[0].strip().lower() in YAML_TYPES


def read_document(content: bytes) -> dict[str, Any]:
    """Give the object that bytes say in JSON or YAML. Raises ``UnreadableDocument``."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: byte {error.start + 1} is no UTF-8") from error
    document = _read_json(text) if text.lstrip()[:1] in {"{", "["} else _read_yaml(text)
    if not isinstance(document, dict):
        raise UnreadableDocument(f"{UnreadableDocument.message}: it must be an object")
    check_storable(document)
    return document


def check_storable(document: Any) -> None:
    """Refuse what PostgreSQL or a gateway cannot keep. Raises ``UnreadableDocument``, which names the place."""
    if not is_storable(document):
        place, fault = next(_faults(document, ()), ((), "it cannot be kept"))
        raise UnreadableDocument(f"{UnreadableDocument.message}: {in_words(place) or 'document'}: {fault}")


def write_yaml(document: Any) -> str:
    """Write a document as YAML, members in their order."""
    written: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return written


class _Dumper(yaml.CSafeDumper):
    """Writes nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what stands in two places twice."""
        return True


class _Twice(dict[str, Any]):
    """An object in which a name stands twice."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _read_yaml(text: str) -> Any:
    try:
        return read_yaml(text)
    except YamlFault as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: {error}") from error


def _read_json(text: str) -> Any:
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        found.append(Counter(name for name, _ in pairs).most_common(1)[0][0])
        return _Twice(found[-1])

    try:
        document = json.loads(text, object_pairs_hook=members, parse_constant=_no_number)
    except RecursionError as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: nested deeper than {DEEPEST}") from error
    except ValueError as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: {error}") from error
    if found:
        place = _place_of_twice(document, (), DEEPEST)
        raise UnreadableDocument(f"{UnreadableDocument.message}: {in_words(place)} stands twice in one object")
    return document


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number that JSON has")


def _place_of_twice(value: Any, place: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
    """Give where a name stands twice; () where it does not."""
    if isinstance(value, _Twice):
        return (*place, value.name)
    for step, inner in _members(value) if depth else ():
        if isinstance(inner, dict | list) and (found := _place_of_twice(inner, (*place, step), depth - 1)):
            return found
    return ()


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _faults(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give places and faults of what cannot be kept."""
    if isinstance(value, dict | list):
        if len(place) >= DEEPEST:
            yield place[:5], f"nested deeper than {DEEPEST}"
        for step, inner in _members(value):
            if isinstance(step, str) and not is_storable(step):
                yield (*place, ascii(step)), "the name has NUL or half of a surrogate pair"
            elif not is_storable(inner, DEEPEST - len(place) - 1):
                yield from _faults(inner, (*place, step))
    else:
        yield place, "it has NUL or half of a surrogate pair" if isinstance(value, str) else "it is no finite number"
