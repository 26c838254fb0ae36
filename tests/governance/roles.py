"""The roles of the matrix: each is a way to come in and a set of rights, and says what it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from apps.users.permissions import OBJECTS, PERSONAL, READ, WRITE

A, B = "a" * 24, "b" * 24
NOTHING = {"IsAdmin": "deny"}
ORDINARY = {name: entry for name, entry in OBJECTS.items() if name not in PERSONAL and name != "owned_analytics"}
READER = dict.fromkeys(ORDINARY, READ)
WRITER = {name: WRITE if WRITE in entry.levels else READ for name, entry in ORDINARY.items()}


class Door(Enum):
    """A kind of route."""

    OPEN = auto()
    PAGE = auto()
    STAFF = auto()
    REST = auto()
    SECRET = auto()  # under /admin, for the holder of the admin secret

    @property
    def methods(self) -> tuple[str, ...]:
        """What routes of this kind are asked with. Django's admin takes every other method for a GET."""
        if self in {Door.OPEN, Door.STAFF}:
            return ("GET", "POST")
        return ("GET", "POST", "DELETE") if self is Door.PAGE else ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Role:
    """Somebody who calls. ``permissions`` of ``None`` are nobody's; ``organisation`` of ``None`` makes a super user.

    ``about`` is the permission object that a role is made for, and ``not_at`` are the kinds of routes where it is no
    other than another role. ``owns`` tells whether it owns A's API, alone or through its group; of most roles nobody
    asks that.
    """

    name: str
    permissions: Mapping[str, str] | None
    organisation: str | None = A
    is_active: bool = True
    is_staff: bool = True
    about: str = ""
    in_group: bool = False
    group_is_active: bool = True
    owns: bool | None = None
    not_at: frozenset[Door] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether anybody is let in as this role at all."""
        return self.permissions is not None and self.is_active

    @property
    def is_admin(self) -> bool:
        """Whether the role may do everything that is not denied."""
        return self.permissions is not None and self.permissions.get("IsAdmin") == "admin"

    @property
    def is_limited(self) -> bool:
        """Whether the role is shown some of the traffic only, while APIs have owners."""
        return self.permissions is not None and not self.is_admin and "owned_analytics" in self.permissions

    def may(self, needs: str | None, level: str) -> bool:
        """Tell whether the rights suffice, worked out from what each level means and not by Weir's own table."""
        held = (self.permissions or {}).get(needs or "IsAdmin")
        if held == "deny":
            return False
        return self.is_admin or (needs is not None and held in {READ: (READ, WRITE), WRITE: (WRITE,)}[level])


NOBODY = Role("nobody", None)
HOLDER = Role("holder of the admin secret", None, not_at=frozenset({Door.STAFF, Door.PAGE}))
INACTIVE = Role("inactive", {"IsAdmin": "admin"}, is_active=False)
ADMIN = Role("admin", {"IsAdmin": "admin"})
WITHOUT = Role("account without permissions", NOTHING)
OTHER = Role("admin of another organisation", {"IsAdmin": "admin"}, organisation=B)
SUPER = Role("super user", {"IsAdmin": "admin"}, organisation=None)
#: Enough to ask with for a method that a route does not have.
FEW = (NOBODY, HOLDER, WITHOUT, ADMIN)
#: What those who have a permission and those who have all others show already, where answers take long.
BROAD = (Role("reader of everything", READER), Role("writer of everything", WRITER))
GENERAL = (
    NOBODY,
    HOLDER,
    INACTIVE,
    WITHOUT,
    ADMIN,
    OTHER,
    SUPER,
    *BROAD,
    Role("member of a group of writers", WRITER, in_group=True, not_at=frozenset({Door.STAFF, Door.PAGE})),
    Role("admin who is not staff", {"IsAdmin": "admin"}, is_staff=False, not_at=frozenset({Door.REST, Door.PAGE})),
    Role("reading super user", READER, organisation=None, not_at=frozenset({Door.STAFF, Door.PAGE})),
)


def of_object(name: str) -> Iterator[Role]:
    """Give the roles that stand at the border of one permission object, on both sides."""
    for level in OBJECTS[name].levels:
        yield Role(f"only {name}: {level}", {name: level}, about=name)
    yield Role(f"everything but {name}", {other: level for other, level in WRITER.items() if other != name}, about=name)
    yield Role(f"admin denied {name}", {"IsAdmin": "admin", name: "deny"}, about=name)


EVERY = (*GENERAL, *(role for name in ORDINARY for role in of_object(name)))

LIMITED = {**WRITER, "owned_analytics": READ}
#: They may all do the same: nothing but owning A's API tells them apart.
OWNING = (
    Role("owner", LIMITED, owns=True),
    Role("group owner", LIMITED, in_group=True, owns=True),
    Role("outsider", LIMITED, owns=False),
)
#: Those to whom it matters beside them, where a path names an API or figures are limited to some.
AROUND_AN_API = (
    *OWNING,
    ADMIN,
    Role("owner who may read", {**READER, "owned_analytics": READ}, owns=True),
    Role("owner without permissions", NOTHING, owns=True),
    Role("outsider who sees all figures", WRITER, owns=False),
    Role("member of an owning group that is inactive", LIMITED, in_group=True, group_is_active=False, owns=False),
)
