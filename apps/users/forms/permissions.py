"""The grid of permissions in forms: one row for each of the table, then those of the organisation's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import escape

from apps.core.forms import ActorModelForm
from apps.organisations.models import Organisation
from apps.users.permissions import (
    ADMIN,
    DENY,
    IS_ADMIN,
    OBJECTS,
    PERSONAL,
    READ,
    WRITE,
    is_admin,
    unknown_permissions,
)

LEVEL_LABELS = {READ: "Read", WRITE: "Read and write", ADMIN: "Yes", DENY: "Denied"}
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class PermissionRow:
    """A permission as a form offers it: its name, its label, and the levels to choose from."""

    name: str
    label: str
    levels: tuple[str, ...]

    def choices(self, stored: str = "") -> Choices:
        """Give what can be chosen; a stored level that is not offered stays possible."""
        levels = self.levels if not stored or stored in self.levels else (*self.levels, stored)
        return [("", "—"), *((level, LEVEL_LABELS.get(level, level)) for level in levels)]


def additional_labels(organisation: Organisation | None) -> Mapping[str, str]:
    """Give the labels of the permissions that an organisation has beside the table; the site's where there is none."""
    return organisation.permission_labels if organisation else settings.ADDITIONAL_PERMISSIONS


def permission_rows(organisation: Organisation | None, exclude: Collection[str] = ()) -> list[PermissionRow]:
    """Give the rows of an organisation's grid; of the site's where there is none yet."""
    labels = additional_labels(organisation)
    named = sorted(OBJECTS, key=lambda name: name != IS_ADMIN)  # first what makes all others superfluous
    built_in = [PermissionRow(name, OBJECTS[name].label, _levels(name)) for name in named if name not in exclude]
    own = [PermissionRow(name, label or name, (READ, WRITE, ADMIN, DENY)) for name, label in labels.items()]
    return [*built_in, *(row for row in own if row.name not in OBJECTS)]


def _levels(name: str) -> tuple[str, ...]:
    levels = tuple(level for level in OBJECTS[name].levels if level != DENY)
    return levels if name == IS_ADMIN else (*levels, DENY)


class PermissionsWidget(forms.MultiWidget):
    """One row per permission, with its levels to choose from."""

    template_name = "users/_permission_grid.html"

    def __init__(self, rows: Sequence[PermissionRow] = (), stored: Mapping[str, str] | None = None) -> None:
        self.rows, self.stored = rows, stored or {}
        super().__init__({row.name: forms.Select(choices=row.choices(self.stored.get(row.name, ""))) for row in rows})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Put each row's label beside it."""
        context = super().get_context(name, value, attrs)
        labels = [row.label for row in self.rows]
        context["widget"]["rows"] = list(zip(labels, context["widget"]["subwidgets"], strict=True))
        return context

    def decompress(self, value: Mapping[str, str] | None) -> list[str]:
        """Spread a map over the rows."""
        return [(value or {}).get(row.name, "") for row in self.rows]


class PermissionsField(forms.MultiValueField):
    """A permission map. Nothing chosen is an error, for an empty map of a user would mean administrator."""

    widget: Any = PermissionsWidget
    missing = "Choose at least one permission."

    def __init__(
        self, rows: Sequence[PermissionRow] = (), stored: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        self.rows = rows
        fields = [
            forms.ChoiceField(choices=row.choices((stored or {}).get(row.name, "")), required=False) for row in rows
        ]
        options = {"label": "Permissions", "error_messages": {"required": self.missing}, **options}
        super().__init__(fields, require_all_fields=False, widget=PermissionsWidget(rows, stored), **options)

    def compress(self, data_list: Sequence[str]) -> dict[str, str]:
        """Gather the rows that were chosen."""
        return {row.name: level for row, level in zip(self.rows, data_list, strict=True) if level}


def shown_permissions(stored: Mapping[str, str], *, administrator: bool) -> dict[str, str]:
    """Give a map as a grid shows it; of an administrator by an empty map, as what it means."""
    return {**stored, IS_ADMIN: ADMIN} if administrator and is_admin(stored) else dict(stored)


def hidden_permissions(stored: Mapping[str, str], rows: Sequence[PermissionRow]) -> dict[str, str]:
    """Give what a grid does not show of a map, and must not lose."""
    shown = {row.name for row in rows}
    return {name: level for name, level in stored.items() if name not in shown}


class PermissionsForm(ActorModelForm):
    """Make or change something with a permission map. ``rows`` are the permissions that the grid shows."""

    user_permissions = PermissionsField()
    required_message = PermissionsField.missing

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stored = self.instance.user_permissions
        self.rows = permission_rows(self.target_organisation, exclude=self.excluded_permissions())
        required = {"required": self.required_message}
        unknown = unknown_permissions(stored, additional_labels(self.target_organisation))
        kept = f"Unknown, kept and opening nothing: {', '.join(f'{name}: {stored[name]}' for name in unknown)}"
        help_text = escape(kept) if unknown else ""  # pages show it as HTML
        self.fields["user_permissions"] = PermissionsField(
            self.rows, stored, error_messages=required, help_text=help_text
        )
        self.initial["user_permissions"] = stored

    def excluded_permissions(self) -> Collection[str]:
        """Name the permissions that the grid does not show."""
        return PERSONAL

    def clean_user_permissions(self) -> dict[str, str]:
        """Keep what the grid does not show, and refuse to give more than the actor has."""
        given: dict[str, str] = self.cleaned_data["user_permissions"]
        whole = {**hidden_permissions(self.instance.user_permissions, self.rows), **given}
        if not self.actor.may_grant(whole):
            raise forms.ValidationError("You cannot give permissions that you do not have.")
        return whole
