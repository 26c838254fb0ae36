"""What a route is declared to be, and the statuses that follow for each method and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from apps.users.permissions import READ, WRITE
from tests.governance.roles import ADMIN, EVERY, FEW, HOLDER, INACTIVE, NOBODY, SUPER, Role


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


#: Asks for an account and for nothing else.
ACCOUNT = "any account"


@dataclass(frozen=True)
class Call:
    """A method that a route has: what whoever may use it gets, for which body, and which level it needs."""

    status: int
    body: Any = None
    level: str = ""


@dataclass(frozen=True)
class Rule:
    """What is declared of a route.

    ``needs`` is a permission object, ``ACCOUNT``, or ``None`` for administrators. ``things`` says what of
    organisation A each parameter of the path names. ``elsewhere`` is what administrators of another organisation get
    for that, if it is not what they get for their own. ``but`` are the statuses of roles (by name) and methods that
    follow from no rule.
    """

    door: Door
    needs: str | None
    calls: Mapping[str, Call]
    things: Mapping[str, str] = field(default_factory=dict)
    elsewhere: int | Mapping[str, int] | None = None
    but: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def expected(self, role: Role, method: str) -> int:
        """Give the status that a role gets from a method."""
        call = self.calls.get(method)
        if (role.name, method) in self.but:
            return self.but[role.name, method]
        if self.door is Door.OPEN or (self.door is Door.SECRET and role is HOLDER):
            return call.status if call else 405
        if self.door is Door.SECRET or not role.is_known:
            return 302 if self.door in {Door.PAGE, Door.STAFF} else 401
        if not self._admits(role, method, call):
            return 403
        return self._let_in(role, method, call)

    def _admits(self, role: Role, method: str, call: Call | None) -> bool:
        if self.door is Door.STAFF and not role.is_staff:
            return False
        usual = READ if method == "GET" or self.door is Door.PAGE else WRITE
        return self.needs == ACCOUNT or role.may(self.needs, (call and call.level) or usual)

    def _let_in(self, role: Role, method: str, call: Call | None) -> int:
        if call is None:
            return 405
        if role.organisation == "b" * 24 and self.elsewhere is not None:
            return self.elsewhere if isinstance(self.elsewhere, int) else self.elsewhere.get(method, call.status)
        return call.status


def _calls(given: Mapping[str, int | Sequence[Any] | Call]) -> dict[str, Call]:
    return {
        method: one if isinstance(one, Call) else Call(one) if isinstance(one, int) else Call(*one)
        for method, one in given.items()
    }


def route(door: Door, needs: str | None = ACCOUNT, **given: Any) -> Rule:
    """Declare a route; methods are upper-case names with a status, or (status, body, level)."""
    calls = {name: given.pop(name) for name in list(given) if name.isupper()}
    return Rule(door, needs, _calls(calls), **given)


def asking(rule: Rule, method: str) -> Iterable[Role]:
    """Give the roles that a method is asked with: all to whom the rule could matter."""
    if rule.door is Door.OPEN:
        return (NOBODY,)
    if rule.door is Door.SECRET:
        return (NOBODY, HOLDER, INACTIVE, ADMIN, SUPER)
    if method not in rule.calls:
        return FEW
    return [role for role in EVERY if role.about in {"", rule.needs}]
