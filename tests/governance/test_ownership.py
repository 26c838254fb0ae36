"""Owners, members of owning groups, and outsiders: who reaches an API that has owners, and who is told of it.

test_matrix.py asks every route as an owner, as a member of an owning group, and as an outsider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.users.models import User, UserGroup
from tests.factories import UserFactory
from tests.governance.client import new_client
from tests.governance.world import World, make_world

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
WRITER = {"apis": "write", "analytics": "read", "owned_analytics": "read", "log": "read"}


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Organisation A, whose API has owners."""
    settings.ENABLE_OWNERSHIP = True
    return make_world()


@pytest.fixture
def people(world: World) -> dict[str, User]:
    """The people around the API."""
    organisation = world.organisation
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
    set_owners(api=Api.objects.get(pk=world.things["api"]), users=owners, groups=[group, inactive])
    return people


EXPECTED = {
    "owner": 200,
    "group owner": 200,
    "admin": 200,
    "owner without permission": 403,
    "outsider": 401,
    "member of an inactive group": 401,
}


def reaching(rest: Rest, world: World, people: dict[str, User]) -> dict[str, int]:
    """Give what each person gets who reads who owns the API."""
    url = f"/api/apis/{world.things['api']}/access"
    return {name: rest(person).get(url).status_code for name, person in people.items()}


def test_only_owners_and_administrators_reach_an_api(rest: Rest, world: World, people: dict[str, User]) -> None:
    assert reaching(rest, world, people) == EXPECTED


def test_an_api_stays_closed_when_its_last_owner_goes(rest: Rest, world: World, people: dict[str, User]) -> None:
    person, group = User.objects.get(pk=world.things["user"]), UserGroup.objects.get(pk=world.things["group"])
    around = {"outsider": people["outsider"], "admin": people["admin"]}
    for owners, url in (
        ({"users": [person]}, f"users/{person.pk}"),
        ({"groups": [group]}, f"usergroups/{group.pk}"),
    ):
        set_owners(api=Api.objects.get(pk=world.things["api"]), **owners)
        assert rest(people["admin"]).delete(f"/api/{url}").status_code == 200
        assert Api.objects.get(pk=world.things["api"]).owner_ids() == {"userIds": [], "userGroupIds": []}
        assert reaching(rest, world, around) == {"outsider": 401, "admin": 200}
    set_owners(api=Api.objects.get(pk=world.things["api"]))
    assert reaching(rest, world, around) == {"outsider": 200, "admin": 200}


def test_nobody_is_kept_away_while_ownership_is_off(
    rest: Rest, world: World, people: dict[str, User], settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = False
    assert reaching(rest, world, people) == {**dict.fromkeys(people, 200), "owner without permission": 403}


def test_lists_and_logs_have_the_apis_that_somebody_may_see(rest: Rest, world: World, people: dict[str, User]) -> None:
    url = "/api/usage/apis/{start_day}/{start_month}/{start_year}/{end_day}/{end_month}/{end_year}"
    for name, status in EXPECTED.items():
        answer = rest(people[name]).get(url.format(**world.things))
        assert answer.status_code == (403 if status == 403 else 200)
        if answer.status_code == 200:
            assert bool(answer.json()["data"]) == (status == 200), name


def test_the_staff_site_lists_the_apis_that_somebody_may_see(world: World, people: dict[str, User]) -> None:
    api = world.things["api"]
    for name, status in EXPECTED.items():
        User.objects.filter(pk=people[name].pk).update(is_staff=True)
        browser = new_client()
        browser.force_login(people[name])
        page = browser.get("/staff/apis/api/")
        assert page.status_code == (403 if status == 403 else 200)
        assert (api in page.content.decode()) == (status == 200), name
