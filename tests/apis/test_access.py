"""Who owns an API, over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis import services
from apps.apis.models import Api
from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.factories import UserFactory

Rest = Callable[..., APIClient]
NOBODY: dict[str, list[str]] = {"userIds": [], "userGroupIds": []}
MALFORMED = "failed to unmarshal categories payload"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ownership(settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True


@pytest.fixture
def orders(organisation_a: Organisation) -> Api:
    """An API of A."""
    return Api.objects.create(organisation=organisation_a, name="Orders", api_id="team/órders")


@pytest.fixture
def team(organisation_a: Organisation) -> UserGroup:
    """A group of A."""
    return UserGroup.objects.create(organisation=organisation_a, name="Team")


def path_of(api: Api) -> str:
    return f"/api/apis/{api.pk}/access"


def error(message: str) -> dict[str, str | None]:
    return {"Status": "Error", "Message": message, "Meta": None}


def call(client: APIClient, method: str, path: str, body: str = "{}") -> tuple[int, Any]:
    response = client.generic(method, path, body, content_type="application/json")
    return response.status_code, response.json()


def limited(user: User, **permissions: str) -> User:
    """Take everything from a user but these permissions."""
    User.objects.filter(pk=user.pk).update(user_permissions=permissions)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("named_by", ["pk", "api_id"])
def test_it_replaces_both_lists(
    rest: Rest, alice: User, bob: User, team: UserGroup, orders: Api, named_by: str, slash: str
) -> None:
    client, path = rest(alice), f"/api/apis/{getattr(orders, named_by)}/access{slash}"
    assert client.get(path).json() == NOBODY
    owners = {"userIds": sorted([alice.pk, bob.pk]), "userGroupIds": [team.pk]}
    response = client.put(path, owners)
    assert (response.status_code, response.json()) == (
        200,
        {"Status": "OK", "Message": "API access updated", "Meta": None},
    )
    assert client.get(path).json() == owners
    client.put(path, {"userIds": [bob.pk, bob.pk], "userGroupIds": None, "more": 1})
    assert client.get(path).json() == {"userIds": [bob.pk], "userGroupIds": []}
    client.put(path, {"userGroupIds": [team.pk]})
    assert client.get(path).json() == {"userIds": [], "userGroupIds": [team.pk]}
    client.put(path, NOBODY)
    assert client.get(path).json() == NOBODY


def test_who_does_not_own_it_is_told_so(rest: Rest, alice: User, bob: User, team: UserGroup, orders: Api) -> None:
    bob = limited(bob, apis="write")
    not_owned = (401, error("Not authorised"))
    for owners in ({"users": [alice]}, {"groups": [team]}):
        services.set_owners(api=orders, **owners)  # type: ignore[arg-type]
        for path in (path_of(orders), f"/api/apis/{orders.api_id}/access"):
            assert call(rest(bob), "GET", path) == not_owned
            assert call(rest(bob), "PUT", path, '{"userIds": []}') == not_owned
    assert orders.owner_ids() == {"userIds": [], "userGroupIds": [team.pk]}
    User.objects.filter(pk=bob.pk).update(group=team)
    UserGroup.objects.filter(pk=team.pk).update(user_permissions={"apis": "write"})
    assert call(rest(bob), "GET", path_of(orders))[0] == 200
    UserGroup.objects.filter(pk=team.pk).update(active=False)
    assert call(rest(bob), "GET", path_of(orders)) == not_owned


def test_administrators_need_not_own_it(rest: Rest, alice: User, bob: User, dora: User, orders: Api) -> None:
    services.set_owners(api=orders, users=[bob])
    for user in (alice, dora):
        assert call(rest(user), "GET", path_of(orders)) == (200, {"userIds": [bob.pk], "userGroupIds": []})


@pytest.mark.parametrize("named_by", ["pk", "api_id"])
def test_an_api_of_another_organisation_is_out_of_reach(rest: Rest, charlie: User, orders: Api, named_by: str) -> None:
    path = f"/api/apis/{getattr(orders, named_by)}/access"
    refused = (404, error("API not found"))
    assert call(rest(charlie), "GET", path) == refused
    assert call(rest(charlie), "PUT", path, '{"userIds": []}') == refused


def test_an_own_api_is_found_though_its_public_id_is_another_ones_internal_id(
    rest: Rest, charlie: User, alice: User, orders: Api
) -> None:
    decoy = Api.objects.create(organisation=charlie.organisation, name="Decoy", api_id=orders.pk)
    services.set_owners(api=decoy, users=[charlie])
    assert call(rest(charlie), "GET", path_of(orders)) == (200, {"userIds": [charlie.pk], "userGroupIds": []})
    assert call(rest(alice), "GET", path_of(orders)) == (200, NOBODY)


@pytest.mark.parametrize("key", ["0" * 24, "x", "%00", "%F0%9F%A6%93", "a/b"])
def test_an_unknown_api_has_its_documented_answer(rest: Rest, alice: User, key: str) -> None:
    for method in ("GET", "PUT"):
        assert call(rest(alice), method, f"/api/apis/{key}/access") == (404, error("API not found"))


def test_owners_are_of_the_same_organisation(rest: Rest, alice: User, charlie: User, dora: User, orders: Api) -> None:
    group = UserGroup.objects.create(organisation=charlie.organisation, name="Other")
    services.set_owners(api=orders, users=[alice])
    refused = error("Owners must be users and user groups of the API's organisation")
    for lists in (
        {"userIds": [charlie.pk]},
        {"userIds": [alice.pk, dora.pk]},
        {"userGroupIds": [group.pk]},
        {"userIds": ["0" * 24]},
        {"userIds": ["x" * 1_000]},
        {"userGroupIds": [alice.pk]},
    ):
        response = rest(alice).put(path_of(orders), lists)
        assert (response.status_code, response.json()) == (400, refused), lists
    assert orders.owner_ids() == {"userIds": [alice.pk], "userGroupIds": []}


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_the_service_takes_nobody_of_another_organisation(
    alice: User, bob: User, charlie: User, orders: Api, kind: str
) -> None:
    services.set_owners(api=orders, users=[alice])
    theirs = {"users": charlie, "groups": UserGroup.objects.create(organisation=charlie.organisation, name="Other")}
    with pytest.raises(services.UnknownOwner):
        services.set_owners(api=orders, **{"users": [bob], kind: [theirs[kind]]})  # type: ignore[arg-type]
    assert Api.objects.get(pk=orders.pk).owner_ids() == {"userIds": [alice.pk], "userGroupIds": []}


@pytest.mark.parametrize(
    "body",
    [
        *("{", "[]", "null", "5", "{}", '{"userIds": "x"}', '{"userIds": [5]}', '{"userIds": [null]}'),
        *('{"userIds": {}}', '{"userIds": [""]}', '{"userIds": ["\\u0000"]}', '{"other": []}'),
        '{"userIds": ' + "[" * 5_000,
    ],
    ids=lambda text: text[:30],
)
def test_it_refuses_another_shape(rest: Rest, alice: User, orders: Api, body: str) -> None:
    services.set_owners(api=orders, users=[alice])
    assert call(rest(alice), "PUT", path_of(orders), body) == (500, error(MALFORMED))
    assert orders.owner_ids() == {"userIds": [alice.pk], "userGroupIds": []}


def test_it_needs_a_body(rest: Rest, alice: User, orders: Api, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
    empty = (500, error("Failed to read response body, body empty"))
    assert call(rest(alice), "PUT", path_of(orders), "") == empty
    assert call(rest(alice), "PUT", path_of(orders), "x" * 3_000_000)[0] == 413


def test_reading_costs_the_same_queries_however_many_own_it(
    rest: Rest, alice: User, orders: Api, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.AUDIT_ENABLED = False
    client = rest(alice)
    client.get(path_of(orders))  # notes the use of the key
    for _ in range(2):
        services.set_owners(api=orders, users=UserFactory.create_batch(5, organisation=alice.organisation))
        with django_assert_num_queries(4):  # the caller, the API, its users, its groups
            assert len(client.get(path_of(orders)).json()["userIds"]) == 5


def test_the_audit_log_tells_who_gave_it_to_whom(rest: Rest, alice: User, bob: User, orders: Api) -> None:
    rest(alice).put(path_of(orders), {"userIds": [bob.pk]})
    record = AuditRecord.objects.get(action="Update API Access")
    assert (record.user, record.kind, record.subject) == (alice.email, "api", orders.pk)
    assert bob.pk in record.diff


@pytest.mark.parametrize("enabled", [True, False])
def test_owners_are_kept_whether_ownership_counts_or_not(
    rest: Rest, alice: User, bob: User, orders: Api, settings: Settings, enabled: bool
) -> None:
    settings.ENABLE_OWNERSHIP = enabled
    rest(alice).put(path_of(orders), {"userIds": [alice.pk]})
    assert rest(alice).get(path_of(orders)).json()["userIds"] == [alice.pk]
    assert rest(bob).get(path_of(orders)).status_code == (401 if enabled else 200)
