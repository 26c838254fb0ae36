"""What only one row may have is refused in words at every door, also when another was made at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import UniqueConstraint
from django.test import Client
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from rest_framework.test import APIClient

from apps.core.envelope import status_and_message
from apps.core.exceptions import AlreadyExists, conflicts_told
from apps.organisations.models import Organisation
from apps.users.admin import UserGroupAdmin
from apps.users.models import User, UserGroup
from apps.users.resources import USER_GROUPS
from tests.factories import UserGroupFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
BODY = {"name": "Team", "user_permissions": {"apis": "read"}}
FORM = {"name": "Team", "description": "Typed", "password_max_days": "0", "user_permissions_apis": "read"}
DOORS = [("/groups/new/", "/groups/{}/"), ("/staff/users/usergroup/add/", "/staff/users/usergroup/{}/change/")]


@pytest.fixture
def team(organisation_a: Organisation) -> UserGroup:
    """A group, whose name no other of its organisation may have."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_name ON users_usergroup (organisation_id, name)")
    made: UserGroup = UserGroupFactory(organisation=organisation_a, name="Team", description="Stored")
    return made


@pytest.fixture
def other(organisation_a: Organisation) -> UserGroup:
    made: UserGroup = UserGroupFactory(organisation=organisation_a, name="Other")
    return made


def test_rest_answers_a_race_as_a_conflict(rest: Rest, alice: User, team: UserGroup, other: UserGroup) -> None:
    for answer in (
        rest(alice).post("/api/usergroups", BODY),
        rest(alice).put(f"/api/usergroups/{other.pk}", {"name": "Team"}),
    ):
        assert (answer.status_code, answer.json()["Message"]) == (409, "User group already exists")
    assert UserGroup.objects.count() == 2


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("door", [0, 1])
def test_forms_keep_what_was_typed(
    browser_of: BrowserOf,
    alice: User,
    team: UserGroup,
    other: UserGroup,
    monkeypatch: pytest.MonkeyPatch,
    door: int,
    is_known: bool,
) -> None:
    """Known: the model says so itself. Otherwise it is PostgreSQL that notices, as in a race."""
    if is_known:
        rule = UniqueConstraint(fields=["organisation", "name"], name="one_name")
        monkeypatch.setattr(UserGroup._meta, "constraints", [rule])
    for path in DOORS[door]:
        page = browser_of(alice).post(path.format(other.pk), FORM)
        assert page.status_code == 200
        said = "Organisation and Name already exists" if is_known else "User group already exists"
        assert said in page.content.decode()
        assert "Typed" in page.content.decode()
    assert sorted(UserGroup.objects.values_list("name", "description")) == [
        ("Other", other.description),
        ("Team", "Stored"),
    ]


@pytest.mark.parametrize(("cause", "status"), [(UniqueViolation(), 409), (ForeignKeyViolation(), 500), (None, 500)])
def test_whatever_is_not_unique_is_a_conflict_and_nothing_else_is(cause: Any, status: int) -> None:
    raised = IntegrityError("duplicate key")
    raised.__cause__ = cause
    assert status_and_message(raised, "/api/things")[0] == status
    with pytest.raises(AlreadyExists if status == 409 else IntegrityError), conflicts_told("thing"):
        raise raised


def test_the_staff_site_tells_conflicts_of_any_service(
    browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clash(*_: Any, **__: Any) -> None:
        raise IntegrityError("duplicate key") from UniqueViolation()

    monkeypatch.setattr(UserGroupAdmin, "resource", replace(USER_GROUPS, create=clash))
    page = browser_of(alice).post("/staff/users/usergroup/add/", FORM)
    assert "User group already exists" in page.content.decode()
    assert "Typed" in page.content.decode()
