"""Which verbs a user may use: the one table of permission names and levels.

A user's permissions are a flat map of name to level (dashboard permissions, 5.13): what is listed is
allowed up to its level, what is not listed is denied, ``deny`` says so explicitly and binds even
administrators, and an *empty* map makes an administrator.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

READ = "read"
WRITE = "write"
ADMIN = "admin"
DENY = "deny"
RANKS = {READ: 1, WRITE: 2, ADMIN: 3}
LEVELS = frozenset({*RANKS, DENY})

IS_ADMIN = "IsAdmin"
RESET_PASSWORD = "ResetPassword"
ANALYTICS = "analytics"
OWNED_ANALYTICS = "owned_analytics"
SSO = "sso"


@dataclass(frozen=True)
class PermissionObject:
    """Something that can be permitted: its name on the wire, its levels, its label on screens."""

    name: str
    levels: tuple[str, ...]
    label: str


OBJECTS = {
    entry.name: entry
    for entry in (
        PermissionObject(ANALYTICS, (READ,), "Analytics"),
        PermissionObject(OWNED_ANALYTICS, (READ, DENY), "Analytics of owned APIs only"),
        PermissionObject("log", (READ,), "Logs"),
        PermissionObject("audit_logs", (READ,), "Audit logs"),
        PermissionObject("apis", (READ, WRITE), "APIs"),
        PermissionObject("api_assets", (READ, WRITE), "API templates"),
        PermissionObject("keys", (READ, WRITE), "Keys"),
        PermissionObject("oauth", (READ, WRITE), "OAuth"),
        PermissionObject("policies", (READ, WRITE), "Policies"),
        PermissionObject("portal", (READ, WRITE), "Portal"),
        PermissionObject("certs", (READ, WRITE), "Certificates"),
        PermissionObject("hooks", (READ, WRITE), "Webhooks"),
        PermissionObject("idm", (READ, WRITE), "Identity management"),
        PermissionObject("mcp", (READ, WRITE), "MCP"),
        PermissionObject("system", (READ, WRITE), "System"),
        PermissionObject("users", (READ, WRITE), "Users"),
        PermissionObject("user_groups", (READ, WRITE), "User groups"),
        PermissionObject(SSO, (WRITE,), "Single sign-on for anybody"),
        PermissionObject("websockets", (READ,), "Real-time notifications"),
        PermissionObject(IS_ADMIN, (ADMIN,), "Administrator"),
        PermissionObject(RESET_PASSWORD, (ADMIN,), "Reset passwords of others"),
    )
}

#: What a group cannot give.
PERSONAL = frozenset({IS_ADMIN, RESET_PASSWORD})

# Spellings of older releases, taken on input and never written.
ALIASES = {"policy": "policies", "certificates": "certs", "logs": "log"}
BOOLEANS = frozenset({"true", "false"})  # what older releases say of IsAdmin


def canonical(permissions: Mapping[str, str]) -> dict[str, str]:
    """Write a map with today's names, which go before older ones; ``IsAdmin`` becomes ``admin`` or ``deny``."""
    older = {ALIASES[name]: level for name, level in permissions.items() if name in ALIASES}
    named = {**older, **{name: level for name, level in permissions.items() if name not in ALIASES}}
    if IS_ADMIN in named:
        is_admin = named.pop(IS_ADMIN) in {ADMIN, "true"}
        # "IsAdmin": "false" alone must not leave an empty map behind, which would mean administrator.
        named[IS_ADMIN] = ADMIN if is_admin else DENY
    return named


def unknown_permissions(permissions: Mapping[str, str], additional: Collection[str]) -> list[str]:
    """Name the permissions that are neither in the table nor among the organisation's additional ones.

    They are kept, for a newer tool may know what they are, and open nothing.
    """
    return sorted(name for name in permissions if ALIASES.get(name, name) not in OBJECTS and name not in additional)


def unknown_levels(permissions: Mapping[str, str]) -> list[str]:
    """Name the permissions of the table whose level does not exist; the levels of additional ones are anybody's."""
    return sorted(
        name
        for name, level in permissions.items()
        if ALIASES.get(name, name) in OBJECTS and level not in (LEVELS | BOOLEANS if name == IS_ADMIN else LEVELS)
    )


def can_reset_passwords(permissions: Mapping[str, str]) -> bool:
    """Tell whether a map lets its owner set the passwords of others."""
    return permissions.get(RESET_PASSWORD) == ADMIN


def with_reset_password(permissions: Mapping[str, str], *, administrator: bool) -> dict[str, str]:
    """Add ``ResetPassword`` to a map; of an administrator by an empty map, the result says so."""
    start = {IS_ADMIN: ADMIN} if administrator and not permissions else permissions
    return {**start, RESET_PASSWORD: ADMIN}


def without_reset_password(permissions: Mapping[str, str]) -> dict[str, str]:
    """Take ``ResetPassword`` out of a map; if nothing is left, the result says that this is no administrator."""
    left = {name: level for name, level in permissions.items() if name != RESET_PASSWORD}
    return left if left or not permissions else {IS_ADMIN: DENY}


def is_admin(permissions: Mapping[str, str]) -> bool:
    """Tell whether a map makes an administrator: it is empty, or says so."""
    return not permissions or permissions.get(IS_ADMIN) in {ADMIN, "true"}


def merged(*maps: Mapping[str, str]) -> dict[str, str]:
    """Put maps together: of a permission that several give, the highest level wins, and any beats ``deny``."""
    found: dict[str, str] = {}
    for name, level in (item for one in maps for item in canonical(one).items()):
        if name not in found or RANKS.get(level, 0) > RANKS.get(found[name], 0):
            found[name] = level
    return found


def effective(own: Mapping[str, str], groups: Sequence[tuple[bool, Mapping[str, str]]] = ()) -> dict[str, str]:
    """Give the map that decides for somebody with an own map and with groups (active?, map).

    Active groups take the place of the own map, unless that says administrator; what only a person can be
    given is not taken from a group. Who is in a group is never administrator by an empty map: it could have
    been emptied by somebody who trusts the group to limit it.
    """
    if own.get(IS_ADMIN) in {ADMIN, "true"} or not groups:
        return dict(own)
    active = [{name: level for name, level in given.items() if name not in PERSONAL} for on, given in groups if on]
    return (merged(*active) if active else dict(own)) or {IS_ADMIN: DENY}


def left_without_group(own: Mapping[str, str], active: bool, given: Mapping[str, str]) -> dict[str, str]:
    """Give the map of a member whose group goes: what slept under an active group does not wake.

    Of the own map stays what the group gave too, at the lower level, with what either denies or limits.
    """
    if own.get(IS_ADMIN) in {ADMIN, "true"} or not active:
        return dict(own) or {IS_ADMIN: DENY}
    own, given = canonical(own), canonical(given)
    kept = {name: _lower(level, given.get(name, "")) for name, level in own.items() if name not in PERSONAL}
    kept = {name: level for name, level in kept.items() if level}
    if allows(kept, ANALYTICS) and any(allows(one, OWNED_ANALYTICS) for one in (own, given) if one):
        kept[OWNED_ANALYTICS] = READ
    return kept or {IS_ADMIN: DENY}


def _lower(one: str, other: str) -> str:
    """Give the lower of two levels, "" if there is none; levels of additional permissions have no order."""
    if DENY in {one, other}:
        return DENY
    if one in RANKS and other in RANKS:
        return min(one, other, key=lambda level: RANKS[level])
    return one if one == other else ""


def allows(permissions: Mapping[str, str], name: str | None, level: str = READ) -> bool:
    """Tell whether a map allows a level of a permission; a name of ``None`` asks for an administrator."""
    if name is None:
        return is_admin(permissions)
    granted = _level(permissions, name)
    if granted == DENY:
        return False
    return is_admin(permissions) or RANKS.get(granted, 0) >= RANKS[level]


def _level(permissions: Mapping[str, str], name: str) -> str:
    if name in permissions:
        return permissions[name]
    return next((permissions[old] for old, new in ALIASES.items() if new == name and old in permissions), "")


def covers(holder: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Tell whether a holder may hand out a map: nobody gives what they have not got.

    An administrator has all but what they are denied; ``owned_analytics`` and ``ResetPassword`` give nothing to
    administrators that its denial could take.
    """
    if is_admin(holder):
        denied = {name for name, level in canonical(holder).items() if level == DENY} - {OWNED_ANALYTICS, *PERSONAL}
        return not any(_grants(given, name) for name in denied)
    if is_admin(given):
        return False
    if allows(holder, OWNED_ANALYTICS) and allows(given, ANALYTICS) and not allows(given, OWNED_ANALYTICS):
        return False  # who sees the traffic of some APIs would give that of all
    return all(level == DENY or allows(holder, name, _known_level(level)) for name, level in given.items())


def _grants(permissions: Mapping[str, str], name: str) -> bool:
    """Tell whether a map gives a permission at any level, those of additional permissions included."""
    level = _level(permissions, name)
    return level != DENY and (bool(level) or is_admin(permissions))


def _known_level(level: str) -> str:
    return level if level in RANKS else ADMIN


def permission_label(name: str, additional: Mapping[str, str]) -> str:
    """Give a permission the name that screens have for it; ``additional`` are the labels of an organisation's own."""
    if name in OBJECTS:
        return OBJECTS[name].label
    return additional[name] or name if name in additional else f"{name} (unknown)"


def permissions_summary(permissions: Mapping[str, str], additional: Mapping[str, str]) -> str:
    """Tell in a line what a map gives, such as ``APIs: read, Keys: write``; what is denied is left out."""
    names = [*(name for name in OBJECTS if name in permissions), *sorted(set(permissions) - set(OBJECTS))]
    levels = [(permission_label(name, additional), permissions[name]) for name in names]
    return ", ".join(f"{label}: {level}" for label, level in levels if level != DENY)
