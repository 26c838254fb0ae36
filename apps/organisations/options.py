"""The shapes of an organisation's options that are more than a text, a number or a flag.

They are those of the admin REST endpoints (dashboard admin API, 5.13). A member that is not described is
kept as it came; one that is described and of another type is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from apps.core.requests import UNSTORABLE, is_storable

#: Events that gateways and dashboards report, and what they mean.
EVENTS = {
    "key_event": "Key made or changed",
    "hashed_key_event": "Key made or changed, keys hashed",
    "key_request_event": "Key asked for",
}
#: What happens at an event: a URL is called, somebody is written to, Redis is told.
EVENT_MEMBERS: dict[str, type] = {"webhook": str, "email": str, "redis": bool}
OPEN_POLICY_MEMBERS: dict[str, type] = {"enabled": bool, "rules": str}
#: What an organisation's screens are like, to a dashboard that has such switches. Clients expect all of these members.
UI_DEFAULTS: dict[str, Any] = {
    "languages": {},
    "hide_help": False,
    "default_lang": "",
    "login_page": {},
    "nav": {},
    "uptime": {},
    "portal_section": {},
    "designer": {},
    "dont_show_admin_sockets": False,
    "dont_allow_license_management": False,
    "dont_allow_license_management_view": False,
}
UI_MEMBERS: dict[str, type] = {name: type(value) for name, value in UI_DEFAULTS.items()}
MOST_PERMISSIONS = 500  # names in a map, of an organisation or of a user
LONGEST_NAME = 255  # characters of a name or a label
SHOWN = 40  # characters of a name that an error repeats
NAMES = {str: "text", bool: "true or false", dict: "an object"}


def validate_object(value: Any) -> None:
    """Raise ``ValidationError`` unless this is a JSON object that can be stored."""
    if not isinstance(value, Mapping):
        raise ValidationError("This is no JSON object.")
    if not is_storable(value):
        raise ValidationError(UNSTORABLE)


def validate_event_options(value: Any) -> None:
    """Raise ``ValidationError`` unless this is ``{event: {"webhook": text, "email": text, "redis": bool}}``."""
    validate_object(value)
    for event, options in value.items():
        _validate_members(options, EVENT_MEMBERS, f"{event}: ")


def validate_open_policy(value: Any) -> None:
    """Raise ``ValidationError`` unless this is ``{"enabled": bool, "rules": text}``."""
    validate_object(value)
    _validate_members(value, OPEN_POLICY_MEMBERS)


def validate_ui(value: Any) -> None:
    """Raise ``ValidationError`` unless the members of ``UI_DEFAULTS`` that this has are of their types."""
    validate_object(value)
    _validate_members(value, UI_MEMBERS)


def validate_additional_permissions(value: Any) -> None:
    """Raise ``ValidationError`` unless this is ``{name: label}``, all of it text and no name empty.

    Every form of a user or a group shows a row for each, so there are not more than a user may be given.
    """
    if isinstance(value, Mapping) and len(value) > MOST_PERMISSIONS:
        raise ValidationError("There are more than %(most)d permissions.", params={"most": MOST_PERMISSIONS})
    validate_object(value)
    for name, label in value.items():
        if not name.strip():
            raise ValidationError("A permission has no name.")
        if not isinstance(label, str):
            raise ValidationError("The label of %(name)s is no text.", params={"name": name[:SHOWN]})
        if max(len(name), len(label)) > LONGEST_NAME:
            shown = {"name": name[:SHOWN], "most": LONGEST_NAME}
            raise ValidationError("%(name)s: name and label have at most %(most)d characters.", params=shown)


def validate_api_entries(value: Any) -> None:
    """Raise ``ValidationError`` unless this is ``[{"api_human_name": text, "api_id": text}]``."""
    if not isinstance(value, list):
        raise ValidationError("This is no list.")
    for entry in value:
        _validate_members(entry, {"api_human_name": str, "api_id": str})


def _validate_members(value: Any, types: Mapping[str, type], where: str = "") -> None:
    if not isinstance(value, Mapping):
        raise ValidationError("%(where)sthis is no JSON object.", params={"where": where})
    for name, kind in types.items():
        if name in value and not isinstance(value[name], kind):
            shown = {"where": where, "name": name, "kind": NAMES[kind]}
            raise ValidationError("%(where)s%(name)s is not %(kind)s.", params=shown)
