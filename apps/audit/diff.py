"""What changed: the fields of something before and after, each with its old and its new value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.redaction import REDACTED, is_permission_map, is_secret, names_in, redact
from apps.core.requests import made_storable

#: ``{field: [old, new]}``; a field inside another is written ``outer.inner``.
Diff = dict[str, list[Any]]

MAX_TEXT = 4000  # characters of one text that are kept
MAX_NAME = 500  # characters of the name of a field
MAX_FIELDS, MAX_DIFF = 500, 1 << 16  # changed fields of one record, and characters of all of them
OTHERS = "…"  # the field under which those are counted that are not kept


def diff_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Diff:
    """Give the fields that differ, without secrets: a changed secret reads ``["…", "…"]``.

    ``None`` for one side means that there was, or is, nothing. A field that one side lacks is ``None``
    there. Where both sides hold a mapping, its fields are compared one by one.
    """
    return dict(_pairs(before or {}, after or {}, "", ""))


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], prefix: str, holder: str, is_open: bool = False
) -> Iterator[tuple[str, list[Any]]]:
    """Compare two mappings, which stand under the name ``holder``; what ``is_open`` is not redacted."""
    name_of = names_in(holder)
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        name = name_of(key, old)
        if old and new and isinstance(old, Mapping) and isinstance(new, Mapping) and not is_secret(name):
            yield from _pairs(old, new, f"{prefix}{key}.", name, is_open or is_permission_map(name))
        else:
            yield f"{prefix}{key}", [_recorded(value, name_of(key, value), is_open) for value in (old, new)]


def _recorded(value: Any, name: str, is_open: bool) -> Any:
    return _cut(value if is_open else redact(value, name))


def _cut(value: Any) -> Any:
    """Keep of a long text its beginning: an audit record is no backup."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{value[:MAX_TEXT]}{REDACTED} ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {str(name): _cut(inner) for name, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list | tuple | set | frozenset) else value


def as_text(diffs: Mapping[str, Diff]) -> str:
    """Write the diffs of a record as JSON in ASCII; nothing for none. What is no JSON in them is text."""
    return json.dumps(_bounded(diffs), cls=Encoder, allow_nan=False) if diffs else ""


def _bounded(diffs: Mapping[str, Diff]) -> dict[str, Diff]:
    """Keep ``MAX_FIELDS`` fields and ``MAX_DIFF`` characters of some diffs, and count the others in the last one."""
    kept: dict[str, Diff] = {}
    fields = size = left = 0
    subject = ""
    for subject, field, change in ((subject, *pair) for subject, diff in diffs.items() for pair in diff.items()):
        name = made_storable(field)[:MAX_NAME]
        is_full = left or fields == MAX_FIELDS
        fitting, length = (None, 0) if is_full else _fitting(change, MAX_DIFF - size - len(name))
        if fitting is None:
            left += 1
        else:
            kept.setdefault(subject, {})[name] = fitting
            fields, size = fields + 1, size + length + len(name)
    if left:
        kept.setdefault(subject, {})[OTHERS] = [None, f"and {left:,} more fields"]
    return kept


def _fitting(change: Sequence[Any], most: int) -> tuple[list[Any] | None, int]:
    """Give a change, or the beginnings of what it was and is, with its length; ``None`` for what is longer than most.

    What is left out of a long value by its beginning is a text, no JSON any more.
    """
    sides = [made_storable(side) for side in change]
    texts = [json.dumps(side, cls=Encoder) for side in sides]
    if sum(map(len, texts)) > most:
        pairs = list(zip(sides, texts, strict=True))
        sides = [_cut(text) if len(text) > MAX_TEXT else side for side, text in pairs]
        texts = [json.dumps(side, cls=Encoder) for side in sides]
    length = sum(map(len, texts))
    return (sides, length) if length <= most else (None, 0)


class Encoder(DjangoJSONEncoder):
    """JSON for a diff: what is no JSON is written as the text it prints as."""

    def default(self, o: Any) -> Any:
        """Write dates as Django does, sets as lists, everything else as text."""
        try:
            return super().default(o)
        except TypeError:
            return str(o)


@dataclass(frozen=True)
class FieldChange:
    """A changed field as people read it: its value before and after as text, ``None`` where there was none."""

    field: str
    before: str | None
    after: str | None


def field_changes(diff: Mapping[str, Sequence[Any]]) -> list[FieldChange]:
    """Give the changed fields of one thing."""
    return [FieldChange(field, _in_words(old), _in_words(new)) for field, (old, new) in diff.items()]


def _in_words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)
