"""The text of a definition as people edit it: JSON or YAML, and the line at which something in it is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from apps.apis.classic import IDENTITY
from apps.apis.models import Api
from apps.apis.oas.extension import EXTENSION, Document, info
from apps.apis.oas.reading import InvalidDocument, write_yaml

JSON, YAML = "json", "yaml"
#: Where readers of JSON and YAML say that something is wrong.
LINE = re.compile(r"\bline (\d+),? column \d+")
PLACE = re.compile(r"[^\s:]+(?=: )|[^\s:]+(?= stands twice)")
#: Characters of a text in which a place is looked for.
MAX_SOUGHT = 2_000_000


def text_of(api: Api, language: str) -> str:
    """Write the document of an API, or its classic definition, members in order."""
    kept = api.served_definition if api.document is None else api.document
    return write_yaml(kept) if language == YAML else json.dumps(kept, ensure_ascii=False, indent=2)


def changes_from(api: Api, sent: Document) -> dict[str, Document]:
    """Give the change that lets an API be what somebody wrote. Raises ``InvalidDocument`` when it is about another."""
    if api.document is None:
        _check_ids(sent, dict(zip(IDENTITY, (api.pk, api.api_id, api.organisation_id), strict=True)), ())
        return {"definition": sent}
    ids = {"dbId": api.pk, "id": api.api_id, "orgId": api.organisation_id}
    _check_ids(info(sent), ids, (EXTENSION, "info"))
    return {"document": sent}


def line_of(text: str, message: str) -> int | None:
    """Give the line, from 1, of what an error message is about: it says so, or names a place; ``None`` if neither."""
    if told := LINE.search(message):
        return int(told[1])
    if len(text) > MAX_SOUGHT:
        return None
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError):  # JSON that is no YAML: with tabs, say
        return None
    lines = (_line(root, place) for place in PLACE.findall(message))
    return next((line for line in lines if line), None)


def _check_ids(sent: Document, ids: dict[str, str], place: tuple[str, ...]) -> None:
    for name, value in ids.items():
        if sent.get(name) not in (None, "", value):
            raise InvalidDocument.at((*place, name), f"it stays {value}")


def _line(node: Any, place: str) -> int | None:
    """Follow the names of a place as far as they are there; names may have dots in them, so the longest counts."""
    found = None
    while place and (step := _step(node, place)):
        name, key, node = step
        found, place = key.start_mark.line + 1, place[len(name) :].removeprefix(".")
    return found


def _step(node: Any, place: str) -> tuple[str, Any, Any] | None:
    """Give name, node that says it, and node behind it, of the member that a place begins with."""
    members: list[tuple[str, Any, Any]] = []
    if isinstance(node, yaml.MappingNode):
        members = [(key.value, key, value) for key, value in node.value if isinstance(key.value, str)]
    elif isinstance(node, yaml.SequenceNode):
        members = [(str(number), value, value) for number, value in enumerate(node.value)]
    fitting = [one for one in members if place == one[0] or place.startswith(f"{one[0]}.")]
    return max(fitting, key=lambda one: len(one[0]), default=None)
