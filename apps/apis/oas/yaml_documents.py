"""YAML as JSON: what YAML can say and JSON cannot is refused, and so is what would grow when it is read.

Plain texts are read by the core schema of YAML 1.2, as gateways do: ``yes`` and a date are texts, ``true`` is none.
Reading stops at the first fault, so that a hostile document costs no more than what stands before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from apps.core.requests import DEEPEST

#: Characters that a document may have once its aliases are written out; each value counts two more.
MAX_EXPANDED = 24_000_000
TAG = "tag:yaml.org,2002:"
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
MERGE = object()


class YamlFault(ValueError):
    """What cannot be read, with its place: line and column from 1."""

    def __init__(self, event: Any, fault: str) -> None:
        mark = getattr(event, "start_mark", None) or getattr(event, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        super().__init__(f"{place}{fault}")


def read_yaml(text: str) -> Any:
    """Give the one document in a text. Raises ``YamlFault``."""
    try:
        return _Reader(text).document()
    except yaml.YAMLError as error:
        fault = getattr(error, "problem", None) or str(error)
        raise YamlFault(error, str(fault).partition("\n")[0]) from error


class _Reader:
    """Builds values out of the events of a parser, one after the other."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self.depth, self.size = 0, 0
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.has_aliases = False

    def document(self) -> Any:
        """Give the value of the only document; values that stand in several places are told apart."""
        opened = [next(self.events), next(self.events)]
        if isinstance(opened[1], yaml.StreamEndEvent):
            return None
        value = self.value(next(self.events))
        next(self.events)
        if not isinstance(last := next(self.events), yaml.StreamEndEvent):
            raise YamlFault(last, "a second document begins here")
        return json.loads(json.dumps(value)) if self.has_aliases else value

    def value(self, event: Any) -> Any:
        """Give the value that begins with an event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self.size
        value = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event)
        self._grow(event, 2 + (len(event.value) if isinstance(event, yaml.ScalarEvent) else 0))
        if event.anchor:
            self.anchors[event.anchor] = value, self.size - before
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise YamlFault(event, f"nothing is called &{event.anchor} before this, or it would hold itself")
        value, size = self.anchors[event.anchor]
        self.has_aliases = True
        self._grow(event, size)
        return value

    def _grow(self, event: Any, size: int) -> None:
        self.size += size
        if self.size > MAX_EXPANDED:
            raise YamlFault(event, f"its aliases make more than {MAX_EXPANDED} characters of the document")

    def _collection(self, event: Any) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise YamlFault(event, f"nested deeper than {DEEPEST}")
        is_list = isinstance(event, yaml.SequenceStartEvent)
        if event.tag not in {None, "!", f"{TAG}{'seq' if is_list else 'map'}"}:
            raise YamlFault(event, f"{event.tag} is nothing that JSON has")
        value = self._list() if is_list else self._object()
        self.depth -= 1
        return value

    def _list(self) -> list[Any]:
        found = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.value(event))
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            name = self._name(event)
            value = self.value(next(self.events))
            if name is MERGE:
                merged = {**self._merged(event, value), **merged}
            elif name in found:
                raise YamlFault(event, f"{name} stands twice in one object")
            else:
                found[str(name)] = value
        return {**merged, **found} if merged else found

    def _name(self, event: Any) -> Any:
        if not isinstance(event, yaml.ScalarEvent):
            raise YamlFault(event, "the name of a member must be a text")
        if event.anchor:
            self.anchors[event.anchor] = event.value, len(event.value) + 2
        self._grow(event, len(event.value))
        return MERGE if event.value == "<<" and event.implicit[0] else event.value

    def _merged(self, event: Any, value: Any) -> dict[str, Any]:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise YamlFault(event, "<< takes an object, or a list of objects")
        return {name: inner for part in reversed(parts) for name, inner in part.items()}

    def _scalar(self, event: Any) -> Any:
        text, tag = event.value, event.tag
        if tag == f"{TAG}str" or (tag in {None, "!"} and not event.implicit[0]):
            return text
        if tag not in {None, "!", *(f"{TAG}{kind}" for kind in ("null", "bool", "int", "float"))}:
            raise YamlFault(event, f"{tag} is nothing that JSON has")
        return self._plain(event, text)

    def _plain(self, event: Any, text: str) -> Any:
        if text in NULLS:
            return None
        if text in BOOLEANS:
            return BOOLEANS[text]
        if NOT_FINITE.fullmatch(text):
            raise YamlFault(event, f"{text} is no number that JSON has")
        if INTEGER.fullmatch(text):
            return self._integer(event, text)
        return float(text) if FLOAT.fullmatch(text) else text

    def _integer(self, event: Any, text: str) -> int:
        try:
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        except ValueError as error:  # Python reads no endless ones
            raise YamlFault(event, "a number is too long") from error
