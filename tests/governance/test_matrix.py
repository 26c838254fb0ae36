"""Every route × method × role, with the status that follows from what the route is declared to be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from tests.architecture.routes import NAMED, template_of, templates
from tests.governance.client import Response, new_client, send
from tests.governance.declared_rest import DATES
from tests.governance.roles import AROUND_AN_API, EVERY, Door, Role
from tests.governance.rules import Rule, roles_for, roles_while_owned
from tests.governance.table import TABLE
from tests.governance.world import ADMIN_SECRET, World, make_world

pytestmark = pytest.mark.django_db
IN_BROWSER = {Door.OPEN, Door.PAGE, Door.STAFF}


def url_of(world: World, path: str, rule: Rule) -> str:
    """Put the ids of what organisation A has into a path."""
    return path.format(**{name: world.things[rule.things.get(name, name)] for name in NAMED.findall(path)})


def call(world: World, path: str, rule: Rule, method: str, role: Role) -> Response:
    """Make a call and take back what it did."""
    in_browser = rule.door in IN_BROWSER
    return send(
        world.browsers[role.name] if in_browser else new_client(),
        method,
        url_of(world, path, rule),
        rule.calls[method].body if method in rule.calls else None,
        headers={} if in_browser else world.headers[role.name],
        is_form=in_browser and method == "POST",
    )


def difference(rule: Rule, method: str, role: Role, response: Response) -> str:
    """Tell how an answer differs from the expected one; "" if it is that. What REST refuses must come with words."""
    expected, status, body = rule.expected(role, method), response.status, response.body
    if status != expected.status:
        return f"{status}, not {expected.status} ({body[:90]!r})"
    if (says := expected.says.replace("{path}", response.path)) not in body:
        return f"{status} without {says!r} ({body[:90]!r})"
    if status >= 400 and not expected.says and rule.door in {Door.REST, Door.SECRET}:
        return f"{status}, and it is not declared what it says ({body[:90]!r})"
    return ""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Organisation A with one of everything, and everybody who asks; made once, as what calls do is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        world.add_people({role.name: role for role in (*EVERY, *AROUND_AN_API)}.values())
        yield world
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def quiet_operator(settings: Settings) -> Iterator[None]:
    """Let the operator have a secret, and nobody hear of refusals."""
    settings.ADMIN_SECRET = ADMIN_SECRET
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def check(world: World, path: str, roles_for: Callable[[Rule, str], Iterable[Role]]) -> None:
    """Have every role ask a route with every method of its kind."""
    rule = TABLE[path]
    wrong = [
        f"{method} as {role.name}: {differs}"
        for method in rule.door.methods
        for role in roles_for(rule, method)
        if (differs := difference(rule, method, role, call(world, path, rule, method, role)))
    ]
    assert not wrong, f"{len(wrong)} answers of {path} differ from tests/governance/table.py:\n" + "\n".join(wrong)


every_route = pytest.mark.parametrize("path", TABLE, ids=lambda path: path.replace(DATES, "{dates}"))


@every_route
def test_every_method_answers_every_role_as_declared(world: World, path: str) -> None:
    check(world, path, roles_for)


@every_route
def test_every_method_answers_owners_and_outsiders_as_declared(world: World, path: str, settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True
    check(world, path, roles_while_owned)


def test_every_route_is_declared() -> None:
    missing = sorted(set(templates()) - set(TABLE))
    assert not missing, "declare in tests/governance/table.py what these need and answer: " + ", ".join(missing)


@every_route
def test_no_route_swallows_the_path_of_another(path: str) -> None:
    # The staff site knows its apps by name.
    assert template_of(path.replace("{app_label}", "users").format(**dict.fromkeys(NAMED.findall(path), "1"))) == path


def test_every_declared_route_is_there() -> None:
    vanished = sorted(set(TABLE) - set(templates()))
    assert not vanished, "these are in tests/governance/table.py and nowhere else: " + ", ".join(vanished)
