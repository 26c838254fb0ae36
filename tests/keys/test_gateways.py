"""What gateways get of policies, and what they could not apply."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.models import Api
from apps.keys.models import Policy
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import PolicyFactory
from tests.keys.bodies import PATH, Rest, make, refusal, right

pytestmark = pytest.mark.django_db

SENTENCE = "cannot apply multiple policies when some have per_api set and some are partitioned"


@pytest.mark.parametrize(
    ("given", "off"),
    [
        ({}, False),
        ({"state": "active", "active": False}, False),
        ({"state": "draft"}, True),
        ({"state": "deny", "is_inactive": False}, True),
        ({"is_inactive": True}, True),
    ],
)
def test_a_denied_policy_and_a_draft_are_delivered_inactive(given: dict[str, Any], off: bool) -> None:
    policy = PolicyFactory(name="Gold", definition={"rate": 1, **given})
    assert policy.delivered()["is_inactive"] is off
    assert policy.delivered()["id"] == policy.pk
    assert policy.definition == {"name": "Gold", "rate": 1, **given}, "nothing is invented in what is kept"


def test_per_api_goes_with_no_other_partition(rest: Rest, alice: User) -> None:
    client, mixed = rest(alice), {"name": "Gold", "id": "gold", "partitions": {"per_api": True, "quota": True}}
    text = "cannot apply policy gold which has per_api and any of partitions set"
    assert refusal(client.post(PATH, mixed)) == (400, text)
    assert not Policy.objects.exists()
    make(client, {**mixed, "partitions": {"per_api": True, "quota": False}})


def jwt_api(organisation: Organisation, *names: str) -> dict[str, Any]:
    return {
        "api_definition": {
            "name": "Tokens",
            "enable_jwt": True,
            "jwt_default_policies": list(names),
            "proxy": {"listen_path": "/tokens/", "target_url": "http://tokens.example"},
        }
    }


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ({"quota": True}, {"per_api": True}, SENTENCE),
        ({"quota": True}, {}, "cannot apply multiple policies if any are non-partitioned"),
        ({}, {"per_api": True}, "cannot apply multiple policies if any are non-partitioned"),
        ({"quota": True}, {"acl": True}, ""),
        ({}, {}, ""),
    ],
)
def test_an_api_gives_no_policies_together_that_do_not_go_together(
    rest: Rest, alice: User, first: dict[str, bool], second: dict[str, bool], sentence: str
) -> None:
    client, organisation = rest(alice), alice.organisation
    assert organisation
    make(client, {"name": "First", "id": "first", "partitions": first})
    pk = make(client, {"name": "Second", "id": "second", "partitions": second})
    answer = client.post("/api/apis", jwt_api(organisation, "first", pk, "unknown"))
    assert (answer.status_code, answer.json()["Message"]) == (
        (400, f"{sentence}: default policies of the API Tokens") if sentence else (200, "API created")
    )
    assert Api.objects.count() == (0 if sentence else 1)


def test_a_policy_does_not_become_one_that_does_not_go_with_the_others_of_an_api(rest: Rest, alice: User) -> None:
    client = rest(alice)
    assert alice.organisation
    api = client.post("/api/apis", jwt_api(alice.organisation, "first", "second")).json()["Meta"]
    make(client, {"name": "First", "id": "first", "partitions": {"quota": True}})
    text = f"{SENTENCE}: default policies of the API Tokens"
    second = {"name": "Second", "id": "second", "partitions": {"per_api": True}}
    assert refusal(client.post(PATH, second)) == (400, text)
    make(client, {**second, "partitions": {"acl": True}})
    assert refusal(client.put(f"{PATH}/second", second)) == (400, text)
    assert client.put(f"{PATH}/second", {**second, "partitions": {"acl": True}, "rate": 1}).status_code == 200
    for _ in range(2):
        body = {"api_definition": client.get(f"/api/apis/{api}").json()["api_definition"]}
        assert client.put(f"/api/apis/{api}", body).status_code == 200
    assert Api.objects.get().definition["jwt_default_policies"] == ["first", "second"]


def test_rights_suit_the_kind_of_the_api(rest: Rest, alice: User) -> None:
    client, organisation = rest(alice), alice.organisation
    Api.objects.create(organisation=organisation, api_id="orders", name="Orders")
    Api.objects.create(organisation=organisation, api_id="tools", name="Tools", kind=Api.Kind.MCP)
    tools = {"mcp_access_rights": {"tools": {"allowed": ["search"]}}}
    for api_id, given, member in (
        ("orders", tools, "mcp_access_rights: only MCP proxies have one"),
        ("tools", {"allowed_urls": [{"url": "/"}]}, "allowed_urls: MCP proxies have none"),
    ):
        answer = client.post(PATH, {"name": "Gold", "access_rights": right(api_id, **given)})
        assert refusal(answer) == (400, f"access_rights.{api_id}.{member}")
    make(client, {"name": "Gold", "access_rights": {**right("tools", **tools), **right("gone", **tools)}})
