"""What changed: the fields of something before and after, each with its old and its new value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.redaction import REDACTED, is_permission_map, is_secret, redact

#: ``{field: [old, new]}``; a field inside another is written ``outer.inner``.
Diff = dict[str, list[Any]]

MAX_TEXT = 4000  # characters of one text that are kept


def diff_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Diff:
    """Give the fields that differ, without secrets: a changed secret reads ``["…", "…"]``.

    ``None`` for one side means that there was, or is, nothing. A field that one side lacks is ``None``
    there. Where both sides hold a mapping, its fields are compared one by one.
    """
    return dict(_pairs(before or {}, after or {}, ""))


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], prefix: str, is_open: bool = False
) -> Iterator[tuple[str, list[Any]]]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old and new and isinstance(old, Mapping) and isinstance(new, Mapping) and not is_secret(name):
            yield from _pairs(old, new, f"{prefix}{name}.", is_open or is_permission_map(name))
        else:
            yield f"{prefix}{name}", [_recorded(old, name, is_open), _recorded(new, name, is_open)]


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
    """Write the diffs of a record as JSON in ASCII; nothing for none."""
    return json.dumps(diffs, cls=Encoder) if diffs else ""


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
