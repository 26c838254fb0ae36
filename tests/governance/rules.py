"""What a route is declared to be, and the statuses that follow for each method and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.users.permissions import READ, WRITE
from tests.governance.roles import (
    ADMIN,
    AROUND_AN_API,
    BROAD,
    EVERY,
    FEW,
    HOLDER,
    INACTIVE,
    NOBODY,
    ORDINARY,
    OWNING,
    SUPER,
    B,
    Door,
    Role,
)

#: Asks for an account and for nothing else.
ACCOUNT = "any account"
#: Asks for an administrator who belongs to no organisation.
SUPER_USER = "super user"
#: Is for nobody at all.
NO_ONE = "no one"


@dataclass(frozen=True)
class Answer:
    """A status, and words that must come with it: a view that breaks says others."""

    status: int
    says: str = ""


#: What a declaration has for an answer: a status alone, unless the words are of its own.
Given = int | Answer
DENIED = "access denied: You do not have permission to access  {path}"
#: What refusals say where nothing else is declared. Any other refusal over REST has words of its own.
WORDS = {
    Door.REST: {401: "Not authorised", 403: DENIED, 405: "not allowed"},
    Door.SECRET: {401: "Not authorised", 405: "not allowed"},
    Door.PAGE: {403: "Not allowed", 404: "There is no such page"},
    Door.STAFF: {403: "Not allowed", 404: "There is no such page"},
    Door.OPEN: {404: "There is no such page"},
}


@dataclass(frozen=True)
class Call:
    """A method that a route has: what whoever may use it gets, for which body, and which level it needs."""

    status: int
    body: Any = None
    level: str = ""
    says: str = ""

    @property
    def answer(self) -> Answer:
        """What it answers."""
        return Answer(self.status, self.says)


@dataclass(frozen=True)
class Rule:
    """What is declared of a route.

    ``needs`` is a permission object, ``ACCOUNT``, ``SUPER_USER``, ``NO_ONE``, or ``None`` for administrators.
    ``things`` says what of organisation A each parameter of the path names. ``elsewhere`` is what administrators of
    another organisation get for that, if it is not what they get for their own. While APIs have owners, ``outside``
    is what those get who do not own the API that the path names, and ``limited`` what those get who were given
    ``owned_analytics``, owners or not. ``refused`` is what those get who lack the permission. ``but`` are the answers
    to roles (by name) and methods that follow from no rule.
    """

    door: Door
    needs: str | None
    calls: Mapping[str, Call]
    things: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Given | Mapping[str, Given] | None = None
    outside: Given | None = None
    limited: Given | None = None
    refused: int = 403
    but: Mapping[tuple[str, str], Given] = field(default_factory=dict)

    def expected(self, role: Role, method: str) -> Answer:
        """Give what a role gets from a method."""
        given = self._given(role, method)
        answer = given if isinstance(given, Answer) else Answer(given)
        return answer if answer.says else Answer(answer.status, WORDS[self.door].get(answer.status, ""))

    def _given(self, role: Role, method: str) -> Given:
        call = self.calls.get(method)
        if (role.name, method) in self.but:
            return self.but[role.name, method]
        if self.door is Door.OPEN or (self.door is Door.SECRET and role is HOLDER):
            return call.answer if call else 405
        if self.door is Door.SECRET or not role.is_known:
            return 302 if self.door in {Door.PAGE, Door.STAFF} else 401
        if self.door is Door.STAFF and not role.is_staff:
            return 302  # to the staff site's log-in page, which says that the site is for staff
        return self._let_in(role, method, call) if self.admits(role, method) else self.refused

    def admits(self, role: Role, method: str) -> bool:
        """Tell whether a role has the permission that a method needs."""
        call = self.calls.get(method)
        if self.needs in {SUPER_USER, NO_ONE}:
            return self.needs == SUPER_USER and role.is_admin and role.organisation is None
        usual = READ if method == "GET" or self.door is Door.PAGE else WRITE
        return self.needs == ACCOUNT or role.may(self.needs, (call and call.level) or usual)

    def _let_in(self, role: Role, method: str, call: Call | None) -> Given:
        if role.is_limited and self.limited is not None:
            return self.limited
        if call is None:
            return 405
        if role.organisation == B and self.elsewhere is not None:
            return self.elsewhere.get(method, call.answer) if isinstance(self.elsewhere, Mapping) else self.elsewhere
        return self.outside if self.outside is not None and self._keeps_out(role) else call.answer

    def _keeps_out(self, role: Role) -> bool:
        """Tell whether a role owns too little.

        Figures on pages are kept from those only who were given ``owned_analytics``.
        """
        return role.owns is False and (role.is_limited or self.needs != "analytics" or self.door is Door.REST)


def _calls(given: Mapping[str, int | Sequence[Any] | Call]) -> dict[str, Call]:
    return {
        method: one if isinstance(one, Call) else Call(one) if isinstance(one, int) else Call(*one)
        for method, one in given.items()
    }


def route(door: Door, needs: str | None = ACCOUNT, **given: Any) -> Rule:
    """Declare a route; methods are upper-case names with a status, or (status, body, level)."""
    calls = {name: given.pop(name) for name in list(given) if name.isupper()}
    return Rule(door, needs, _calls(calls), **given)


def roles_for(rule: Rule, method: str) -> Iterable[Role]:
    """Give the roles that a method is asked with: all to whom the rule could matter."""
    if rule.door is Door.OPEN:
        return (NOBODY, INACTIVE, ADMIN) if rule.but or rule.things else (NOBODY,)
    if rule.door is Door.SECRET:
        return (NOBODY, HOLDER, INACTIVE, ADMIN, SUPER)
    call = rule.calls.get(method)
    if call is None or (rule.door is Door.STAFF and method == "POST" and call.level == READ):
        return FEW
    roles = [role for role in EVERY if role.about in {"", rule.needs} and rule.door not in role.not_at]
    return roles if rule.needs not in ORDINARY or rule.door is Door.REST else [one for one in roles if one not in BROAD]


def roles_while_owned(rule: Rule, method: str) -> Iterable[Role]:
    """Give the roles that a method is asked with while APIs have owners."""
    return OWNING if rule.outside is None and rule.limited is None else AROUND_AN_API
