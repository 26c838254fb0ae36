"""A diff as people read it: each field with what it was and what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One field: its value before and after as text, ``None`` where there was none."""

    field: str
    before: str | None
    after: str | None


def differences(fields: Mapping[str, Sequence[Any]]) -> list[Difference]:
    """Give the changed fields of one thing."""
    return [Difference(field, _words(old), _words(new)) for field, (old, new) in fields.items()]


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)
