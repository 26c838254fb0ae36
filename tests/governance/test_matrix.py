"""Every route × method × role, with the status that follows from what the route is declared to be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.architecture.routes import NAMED, templates
from tests.governance import world
from tests.governance.asking import Answered, ask, new_client
from tests.governance.roles import Door, Role
from tests.governance.rules import Rule, asking, asking_with_owners
from tests.governance.table import TABLE
from tests.governance.world import World

pytestmark = pytest.mark.django_db
IN_BROWSER = {Door.OPEN, Door.PAGE, Door.STAFF}


Asking = Callable[[Rule, str], Iterable[Role]]


def cells(door: Door, asking: Asking = asking) -> Iterator[tuple[str, Rule, str, Role]]:
    """Give every path, method and role of a kind of route."""
    for path, rule in TABLE.items():
        if rule.door is door:
            yield from ((path, rule, method, role) for method in door.methods for role in asking(rule, method))


def call(ground: World, path: str, rule: Rule, method: str, role: Role) -> Answered:
    """Make a call and take back what it did."""
    address = path.format(**{name: ground.things[rule.things.get(name, name)] for name in NAMED.findall(path)})
    in_browser = rule.door in IN_BROWSER
    return ask(
        ground.browsers[role.name] if in_browser else new_client(),
        method,
        address,
        rule.calls[method].body if method in rule.calls else None,
        headers={} if in_browser else ground.headers[role.name],
        is_form=in_browser and method == "POST",
    )


def difference(rule: Rule, method: str, role: Role, answered: Answered) -> str:
    """Tell how an answer differs from the expected one; "" if it is that. What REST refuses must come with words."""
    expected, (status, _, said) = rule.expected(role, method), answered
    if status != expected.status:
        return f"{status}, not {expected.status} ({said[:90]!r})"
    if expected.says not in said:
        return f"{status} without {expected.says!r} ({said[:90]!r})"
    if status >= 400 and not expected.says and rule.door in {Door.REST, Door.SECRET}:
        return f"{status}, and it is not declared what it says ({said[:90]!r})"
    return ""


@pytest.fixture
def ground(db: None, settings: Settings) -> Iterator[World]:
    """Organisation A with one of everything."""
    settings.ADMIN_SECRET = world.ADMIN_SECRET
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    logging.disable(logging.CRITICAL)  # every refusal is a line
    yield world.made()
    logging.disable(logging.NOTSET)


def check(ground: World, door: Door, asking: Asking) -> None:
    """Have every role ask everything of a kind of route."""
    ground.people({role.name: role for *_, role in cells(door, asking)}.values())
    wrong = []
    for path, rule, method, role in cells(door, asking):
        if differs := difference(rule, method, role, call(ground, path, rule, method, role)):
            wrong.append(f"{method} {path} as {role.name}: {differs}")
    assert not wrong, f"{len(wrong)} answers differ from tests/governance/table.py:\n" + "\n".join(wrong)


@pytest.mark.parametrize("door", Door)
def test_every_method_answers_every_role_as_declared(ground: World, door: Door) -> None:
    check(ground, door, asking)


@pytest.mark.parametrize("door", Door)
def test_every_method_answers_owners_and_outsiders_as_declared(ground: World, door: Door, settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True
    check(ground, door, asking_with_owners)


def test_every_route_is_declared() -> None:
    missing = sorted(set(templates()) - set(TABLE))
    assert not missing, "declare in tests/governance/table.py what these need and answer: " + ", ".join(missing)


def test_every_declared_route_is_there() -> None:
    vanished = sorted(set(TABLE) - set(templates()))
    assert not vanished, "these are in tests/governance/table.py and nowhere else: " + ", ".join(vanished)
