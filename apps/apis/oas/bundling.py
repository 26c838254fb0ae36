"""Documents in several parts: what a reference into another part leads to is taken over into the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from posixpath import basename, splitext
from typing import Any
from urllib.parse import urldefrag, urljoin

from apps.apis.oas.extension import Document, section
from apps.apis.oas.reading import InvalidDocument
from apps.apis.oas.references import pointed_at
from apps.core.requests import DEEPEST

MAX_PARTS = 100
#: Groups of components; what stands in a member of such a name is one of the group.
GROUPS = ("schemas", "parameters", "responses", "headers", "examples", "requestBodies", "links", "callbacks")
SCHEMA_MEMBERS = frozenset({"schema", "items", "not", "additionalProperties"})
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "properties", "schemas", "prefixItems", "$defs"})
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")

Place = tuple[Any, ...]
Read = Callable[[str], Document]


def bundled(document: Document, location: str, read: Read) -> Document:
    """Give a document in one part.

    ``location`` is where it came from, a path or a URL, ``read`` gives the part at another one. Raises
    ``InvalidDocument`` for a reference that leads nowhere, and whatever ``read`` raises.
    """
    return _Bundle(document, location, read).whole()


class _Bundle:
    """Takes parts over; one that is needed in several places is taken over once."""

    def __init__(self, document: Document, location: str, read: Read) -> None:
        self.main, self.location, self.read = document, location, read
        self.parts: dict[str, Document] = {location: document}
        self.names: dict[tuple[str, str, str], str] = {}  # location, pointer, group → name
        self.components = {name: dict(group) for name, group in section(document, "components").items()}

    def whole(self) -> Document:
        """Give the document with what it refers to under its components."""
        changed = self._rewritten(self.main, self.location, (), DEEPEST)
        taken = {group: dict(section(changed, "components", group)) for group in self.components}
        for (_, _, group), name in self.names.items():
            taken.setdefault(group, {})[name] = self.components[group][name]
        kept = {**section(changed, "components"), **taken}
        return {**changed, "components": kept} if kept else dict(changed)

    def _rewritten(self, value: Any, location: str, place: Place, depth: int) -> Any:
        if depth == 0:
            raise InvalidDocument.at(place[:5], f"nested deeper than {DEEPEST}")
        if isinstance(value, list):
            return [self._rewritten(one, location, (*place, step), depth - 1) for step, one in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        if isinstance(reference := value.get("$ref"), str):
            return self._referred(value, reference, location, place, depth)
        return {name: self._rewritten(one, location, (*place, name), depth - 1) for name, one in value.items()}

    def _referred(self, value: Any, reference: str, location: str, place: Place, depth: int) -> Any:
        target, pointer = urldefrag(urljoin(location, reference))
        if not reference.partition("#")[0]:
            target = location
        if target == self.location:
            return {**value, "$ref": f"#{pointer}"}
        if (group := _group_of(place)) is None:
            return self._rewritten(self._part(target, pointer, place), target, place, depth - 1)
        return {**value, "$ref": f"#/components/{group}/{self._taken_over(target, pointer, group, place)}"}

    def _taken_over(self, target: str, pointer: str, group: str, place: Place) -> str:
        """Give the name by which a piece of a part stands under the components."""
        key = (target, pointer, group)
        if key not in self.names:
            found = self._part(target, pointer, place)
            name = self._free_name(target, pointer, group)
            self.names[key] = name
            self.components.setdefault(group, {})[name] = {}  # taken, before it is known: it may refer to itself
            where = ("components", group, name)
            self.components[group][name] = self._rewritten(found, target, where, DEEPEST)
        return self.names[key]

    def _free_name(self, target: str, pointer: str, group: str) -> str:
        last = pointer.rpartition("/")[2] or splitext(basename(target))[0]
        wanted = NOT_IN_NAMES.sub("_", last) or "part"
        taken, number = self.components.get(group, {}), 1
        while (name := wanted if number == 1 else f"{wanted}_{number}") in taken:
            number += 1
        return name

    def _part(self, target: str, pointer: str, place: Place) -> Any:
        if target not in self.parts:
            if len(self.parts) > MAX_PARTS:
                raise InvalidDocument.at((*place, "$ref"), f"the document has more than {MAX_PARTS} parts")
            self.parts[target] = self.read(target)
        try:
            return pointed_at(self.parts[target], f"#{pointer}") if pointer else self.parts[target]
        except (LookupError, TypeError) as error:
            raise InvalidDocument.at((*place, "$ref"), f"{target[:200]} has no {pointer[:200]}") from error


def _group_of(place: Place) -> str | None:
    """Give the group of components that a reference at a place is of; ``None`` for a path, which has none."""
    parent, last = (None, None, *place)[-2:]
    if last == "requestBody":
        return "requestBodies"
    if last in SCHEMA_MEMBERS or parent in SCHEMA_LISTS:
        return "schemas"
    if parent in GROUPS:
        return str(parent)
    return None if parent in {"paths", "pathItems", "webhooks"} or _is_callback(place) else "schemas"


def _is_callback(place: Place) -> bool:
    return len(place) > 2 and place[-3] == "callbacks"
