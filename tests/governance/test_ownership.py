"""Owners, members of owning groups, and outsiders: who reaches an API that has owners."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.users.models import User, UserGroup
from tests.factories import UserFactory
from tests.governance import world
from tests.governance.table import TABLE
from tests.governance.world import World

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
#: Routes that name an API, with what they answer to people who do not own it. Figures are limited for those only who
#: were given ``owned_analytics``; tests/analytics/*/test_owned.py says how.
NAMING = {path: 401 for path, rule in TABLE.items() if "api" in rule.things.values() and path.startswith("/api/")}
WRITER = {"apis": "write", "analytics": "read", "owned_analytics": "read", "log": "read"}


@pytest.fixture
def ground(db: None, settings: Settings) -> World:
    """Organisation A, whose API has owners."""
    settings.ENABLE_OWNERSHIP = True
    return world.made()


@pytest.fixture
def people(ground: World) -> dict[str, User]:
    """The people around the API."""
    organisation = ground.organisation
    group = UserGroup.objects.create(organisation=organisation, name="Owners", user_permissions=WRITER)
    inactive = UserGroup.objects.create(organisation=organisation, name="Off", active=False, user_permissions=WRITER)
    made: dict[str, dict[str, Any]] = {
        "owner": {"user_permissions": WRITER},
        "owner without permission": {"user_permissions": {"users": "write"}},
        "group owner": {"user_permissions": {"IsAdmin": "deny"}, "group": group},
        "member of an inactive group": {"user_permissions": WRITER, "group": inactive},
        "outsider": {"user_permissions": WRITER},
        "admin": {"user_permissions": {"IsAdmin": "admin"}},
    }
    people = {name: UserFactory(organisation=organisation, **fields) for name, fields in made.items()}
    owners = [people["owner"], people["owner without permission"]]
    set_owners(api=Api.objects.get(), users=owners, groups=[group, inactive])
    return people


EXPECTED = {
    "owner": 200,
    "group owner": 200,
    "admin": 200,
    "owner without permission": 403,
    "outsider": 401,
    "member of an inactive group": 401,
}


@pytest.mark.parametrize("path", NAMING)
@pytest.mark.parametrize(("name", "status"), EXPECTED.items())
def test_only_owners_and_administrators_reach_an_api(
    rest: Rest, ground: World, people: dict[str, User], path: str, name: str, status: int
) -> None:
    rule, client = TABLE[path], rest(people[name])
    address = path.format(**{parameter: ground.things[thing] for parameter, thing in rule.things.items()})
    for method, call in rule.calls.items():
        answer = client.generic(
            method, address, json.dumps(call.body).encode() if call.body else b"", content_type="application/json"
        )
        assert answer.status_code == status, f"{method} {path} as {name}: {answer.content!r}"
    assert client.get(address.replace(ground.things["api"], "0" * 24)).status_code == (403 if status == 403 else 404)


def test_nobody_is_kept_away_while_ownership_is_off(
    rest: Rest, ground: World, people: dict[str, User], settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = False
    address = f"/api/apis/{ground.things['api']}/access"
    assert {name for name, user in people.items() if rest(user).get(address).status_code == 200} == {
        name for name in people if name != "owner without permission"
    }


def test_lists_and_logs_have_the_apis_that_somebody_may_see(rest: Rest, ground: World, people: dict[str, User]) -> None:
    address = "/api/usage/apis/{start_day}/{start_month}/{start_year}/{end_day}/{end_month}/{end_year}"
    for name, status in EXPECTED.items():
        answer = rest(people[name]).get(address.format(**ground.things))
        assert answer.status_code == (403 if status == 403 else 200)
        if answer.status_code == 200:
            assert bool(answer.json()["data"]) == (status == 200), name


def test_the_staff_site_lists_the_apis_that_somebody_may_see(ground: World, people: dict[str, User]) -> None:
    api = ground.things["api"]
    for name, status in EXPECTED.items():
        User.objects.filter(pk=people[name].pk).update(is_staff=True)
        browser = world.new_client()
        browser.force_login(people[name])
        page = browser.get("/staff/apis/api/")
        assert page.status_code == (403 if status == 403 else 200)
        assert (api in page.content.decode()) == (status == 200), name
