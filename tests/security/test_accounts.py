"""Nobody gets or gives by a sleeping group what they have not got, nor stops others by what they do at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from tests.factories import OrganisationFactory, UserFactory

Rest = Callable[..., APIClient]
NEW = {"first_name": "Erin", "last_name": "Doe", "email_address": "erin@example.com"}


@pytest.fixture
def clerk(organisation_a: Organisation) -> User:
    """A user of A who may change users and groups, and nothing else."""
    return UserFactory(organisation=organisation_a, user_permissions={"users": "write", "user_groups": "write"})


@pytest.mark.django_db
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(("given", "wanted"), [({"keys": "write"}, 403), ({"users": "read"}, 200), ({}, 200)])
def test_a_group_that_sleeps_is_joined_like_one_that_is_awake(
    rest: Rest, clerk: User, given: dict[str, str], wanted: int, active: bool
) -> None:
    group = services.create_group(
        group=UserGroup(organisation=clerk.organisation, name="Group", user_permissions=given, active=active)
    )
    peer = UserFactory(organisation=clerk.organisation, user_permissions={"users": "read"})
    client, joining = rest(clerk), {"group_id": group.pk}
    assert client.put(f"/api/users/{peer.pk}", joining).status_code == wanted
    made = client.post("/api/users", {**NEW, **joining, "user_permissions": {"users": "read"}})
    assert made.status_code == wanted
    assert client.put(f"/api/users/{clerk.pk}", joining).status_code == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(("given", "wanted"), [({"keys": "write"}, 403), ({"users": "read"}, 200)])
def test_deleting_a_group_asks_for_as_much_as_changing_it(
    rest: Rest, clerk: User, given: dict[str, str], wanted: int, active: bool
) -> None:
    group = services.create_group(
        group=UserGroup(organisation=clerk.organisation, name="Group", user_permissions=given, active=active)
    )
    client, path = rest(clerk), f"/api/usergroups/{group.pk}"
    assert client.put(path, {"description": "Changed"}).status_code == wanted
    assert client.delete(path).status_code == wanted


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["delete", "put"])
@pytest.mark.parametrize("others", [0, 1])
def test_administrators_who_take_each_other_away_do_not_wait_for_each_other(
    rest: Rest, method: str, others: int
) -> None:
    for _ in range(4):
        organisation = OrganisationFactory()
        both = UserFactory.create_batch(2, organisation=organisation)
        UserFactory.create_batch(others, organisation=organisation)
        clients = [rest(user) for user in both]
        ready = Barrier(2, timeout=30)

        def take_away(number: int) -> Any:
            try:
                ready.wait()  # noqa: B023  (it is done before the next round)
                path = f"/api/users/{both[1 - number].pk}"  # noqa: B023
                client = clients[number]  # noqa: B023
                return client.delete(path) if method == "delete" else client.put(path, {"active": False})
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(answer.status_code for answer in pool.map(take_away, range(2)))
        assert statuses[0] == 200
        # Who is taken away before they are let in is nobody (401).
        assert statuses[1] in ({200, 401} if others else {400, 401, 403})
        assert User.objects.administering(organisation.pk).exists()
