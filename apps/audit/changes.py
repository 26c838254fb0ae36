"""What changed: the fields of something before and after, each with its old and its new value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.audit.redaction import REDACTED, is_permission_map, is_secret, redact

#: ``{field: [old, new]}``; a field inside another is written ``outer.inner``.
Diff = dict[str, list[Any]]

LONGEST = 4000  # characters of one text that are kept


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Diff:
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
            yield f"{prefix}{name}", [_shown(old, name, is_open), _shown(new, name, is_open)]


def _shown(value: Any, name: str, is_open: bool) -> Any:
    return _cut(value if is_open else redact(value, name))


def _cut(value: Any) -> Any:
    """Keep of a long text its beginning: an audit record is no backup."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}{REDACTED} ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {str(name): _cut(inner) for name, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list | tuple | set | frozenset) else value
