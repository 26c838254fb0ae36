"""URLs that name what cannot be: nothing fails, whoever asks, and a list is never asked what it does not show."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from apps.core.envelope import INTERNAL, is_rest
from tests.architecture.routes import NAMED, templates
from tests.governance.client import Response, send
from tests.governance.roles import ADMIN, SUPER, Role
from tests.governance.table import TABLE
from tests.governance.world import World, make_world

pytestmark = pytest.mark.django_db

HUGE = "9" * 20
#: Texts that PostgreSQL, calendars and URLs stumble over, as they stand in a URL.
ODD = ["%00", "a%00b", "%ED%A0%80", "%FF", HUGE, f"-{HUGE}", "%E2%80%A8", "(", "'", "%25", "a" * 3000]
#: Parameters that some page or list reads.
PARAMETERS = [
    "api", "before", "compare", "compressed", "date", "end", "from", "fromDate", "group", "id", "interval", "key",
    "kind", "max", "min", "next", "org", "organisation", "p", "page_size", "q", "range", "res", "scope", "sort",
    "start", "status", "step", "tag", "time", "to", "toDate", "tz", "user", "year", "zone",
]  # fmt: skip
READ = [path for path in templates() if path in TABLE and "GET" in TABLE[path].calls]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Organisation A with one of everything, an administrator and a super user."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        world.add_people([ADMIN, SUPER])
        yield world
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Let nobody hear of what is not found."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def get(world: World, role: Role, url: str) -> Response:
    """Ask as a role, by access key where there is REST."""
    headers = world.headers[role.name] if is_rest(url) else {}
    return send(world.browsers[role.name], "GET", url, headers=headers, is_form=False)


def failures(world: World, urls: Iterator[str]) -> list[str]:
    """Give what fails of some URLs; a few 500 are documented as answers to people of no organisation."""
    answers = [(role, get(world, role, url)) for url in urls for role in (ADMIN, SUPER)]
    return [
        f"{answer.status} {role.name} {answer.path}"
        for role, answer in answers
        if answer.status >= 500 and (INTERNAL in answer.body or not is_rest(answer.path))
    ]


def oddly_named(world: World, path: str) -> Iterator[str]:
    """Give the URLs of a route in which one thing has an odd name."""
    names = NAMED.findall(path)
    things = {name: world.things[TABLE[path].things.get(name, name)] for name in names}
    for name in names:
        for odd in ODD:
            yield path.format(**{**things, name: odd})


def url(world: World, path: str) -> str:
    """Give the URL of a route."""
    return path.format(**{name: world.things[TABLE[path].things.get(name, name)] for name in NAMED.findall(path)})


@pytest.mark.parametrize("path", [path for path in READ if NAMED.search(path)])
def test_a_path_that_names_what_cannot_be_is_not_found(world: World, path: str) -> None:
    assert not failures(world, oddly_named(world, path))


@pytest.mark.parametrize("path", READ)
def test_a_parameter_that_cannot_be_obeyed_fails_nothing(world: World, path: str) -> None:
    together = ("&".join(f"{name}={odd}" for name in PARAMETERS) for odd in ODD[:6])
    alone = () if is_rest(path) else (f"{name}=%00" for name in PARAMETERS)
    assert not failures(world, (f"{url(world, path)}?{query}" for query in (*together, *alone)))


#: What stands in no list of the staff site, or is not among its filters.
UNDECLARED = {
    "users/user": ["password__startswith=argon2", "password__regex=(", "access_key__gte=a", "group__name__regex=^a"],
    "sso/identityprovider": ["secret__startswith=a", "id__regex=(", "created_at__year=99999999999999"],
    "audit/auditrecord": ["diff__contains=a", "timestamp__year=99999999999999", "request_dump__iregex=("],
    "outbox/delivery": ["payload__startswith=a"],
    "apis/api": ["organisation__owner_name__startswith=A"],
}


@pytest.mark.parametrize(("rows", "query"), [(rows, query) for rows, each in UNDECLARED.items() for query in each])
def test_a_list_of_the_staff_site_is_asked_by_its_filters_alone(world: World, rows: str, query: str) -> None:
    assert get(world, SUPER, f"/staff/{rows}/?{query}").status == 404


@pytest.mark.parametrize(
    ("rows", "query"),
    [
        ("users/user", "is_active__exact=1"),
        ("users/user", "q=target&o=1&p=1"),
        ("audit/auditrecord", "timestamp__gte=2026-01-01+00%3A00%3A00%2B00%3A00&method=GET"),
        ("apis/api", "active__exact=1&owned=yes"),
        ("outbox/delivery", "status__exact=pending"),
    ],
)
def test_declared_filters_of_the_staff_site_are_obeyed(world: World, rows: str, query: str) -> None:
    assert get(world, SUPER, f"/staff/{rows}/?{query}").status == 200
