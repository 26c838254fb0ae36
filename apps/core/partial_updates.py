"""What somebody changes of a row, apart from what the row was like when they loaded it.

Who writes back everything they loaded undoes what others wrote since: a revoked account would be active again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Model
from django.forms import BaseForm


def changes_of(form: BaseForm) -> dict[str, Any]:
    """Give the values of a valid form that are not what it began with, by the names of fields."""
    return {name: form.cleaned_data[name] for name in form.changed_data}


def apply_changes(row: Model, stored: Model, changes: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Give a row the fields of the one that is stored, and locked, but for those that are changed.

    Raises:
        FieldError: ``changes`` names something else than ``fields``, which would be lost.
    """
    fields = tuple(fields)
    if others := changes.keys() - set(fields):
        raise FieldError(f"Not to be changed: {', '.join(sorted(others))}")
    for name in fields:
        setattr(row, name, changes[name] if name in changes else getattr(stored, name))
