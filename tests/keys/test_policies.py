"""Policies at their doors."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.core import admission
from apps.keys.viewsets import PolicyViewSet
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts import ResourceContract
from tests.contracts.base import BrowserOf
from tests.factories import PolicyFactory
from tests.keys.bodies import FORM, PATH, Rest, gold, ids, make, refusal, right

pytestmark = pytest.mark.django_db

NUMBERS = itertools.count()


class TestPolicies(ResourceContract):
    """The contract, for policies."""

    viewset, factory = PolicyViewSet, PolicyFactory
    body = {"name": "Gold", "rate": 1000, "per": 60, "partitions": {"acl": True}, "tags": ["plan"], "x": {"Y": [1.5]}}
    changes = {"rate": 0.5, "per": 1, "is_inactive": True}  # no name, which only one has
    form_changes = {"name": "Silver", "rate": "0.5"}
    pages, staff = "/policies/", "/staff/keys/policy/"

    def made(self, row: Any) -> dict[str, Any]:
        return {"Status": "OK", "Message": row.pk, "Meta": None}

    def about(self, api: Api) -> Mapping[str, Any]:
        name = f"For {api.api_id}"
        return {"name": name, "definition": {"name": name, "access_rights": right(api.api_id)}}

    def form_for(self, organisation: Organisation) -> dict[str, Any]:
        return {**FORM, "name": f"Form {next(NUMBERS)}"}

    def changes_of(self, row: Any) -> dict[str, Any]:
        return {**self.changes, "access_rights": row.definition["access_rights"]}

    def body_about(self, api_id: str) -> Mapping[str, Any]:
        return {"access_rights": right(api_id)}

    def audited_changes(self) -> set[str]:
        return {"definition.rate", "definition.is_inactive"}

    def test_a_change_keeps_what_it_does_not_name(self, rest: Rest, alice: User, row: Any) -> None:
        """It replaces the document, but for ids, name and the time when it was made."""
        client = rest(alice)
        pk = make(client, gold(tags=["a"], x=1))
        changed = client.put(f"{PATH}/{pk}", {"rate": 5, "per": 1, "id": "", "_id": "c" * 24, "org_id": None})
        assert changed.json() == {"Status": "OK", "Message": "Data updated", "Meta": None}
        read = client.get(f"{PATH}/{pk}").json()
        assert read.pop("last_updated").isdigit()
        assert read == {
            "_id": pk,
            "id": "gold",
            "org_id": alice.organisation_id,
            "name": "Gold",
            "rate": 5,
            "per": 1,
            "date_created": "2026-11-21T12:00:00Z",
        }

    @pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "{"])
    def test_a_body_of_another_shape_is_malformed(self, rest: Rest, alice: User, row: Any, body: str) -> None:
        super().test_a_body_of_another_shape_is_malformed(rest, alice, row, body)

    def test_what_admission_takes_away_is_not_stored(
        self, browser_of: BrowserOf, alice: User, row: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What it gives is the document."""
        taken = {"rate", "per"}
        without = {"POST": {}, "PUT": {}}
        monkeypatch.setattr(
            admission,
            "_controllers",
            [lambda asked: {n: v for n, v in asked.body.items() if n not in taken} if asked.method in without else {}],
        )
        browser_of(alice).post(f"{self.pages}{row.pk}/", {**FORM, "name": "Silver"})
        row.refresh_from_db()
        assert (row.name, taken & row.definition.keys()) == ("Silver", set())


@pytest.fixture
def several(rest: Rest, alice: User) -> APIClient:
    client = rest(alice)
    Api.objects.create(organisation=alice.organisation, api_id="orders", name="Orders", auth_type="jwt")
    make(client, {"name": "Silver", "id": "silver", "state": "draft", "access_rights": right("orders")})
    make(client, {"name": "Gold", "id": "gold", "access_rights": {**right("orders"), **right("stock")}})
    make(client, {"name": "Bronze", "id": "bronze", "state": "deny", "access_rights": right("stock")})
    make(client, {"name": "off", "id": "off", "is_inactive": True})
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["silver", "gold", "bronze", "off"]),
        ("q=OL", ["gold"]),
        ("q=gold", ["gold"]),
        ("policy_ids=gold,off", ["gold", "off"]),
        ("policy_ids=gold&q=silver", ["gold"]),
        ("policy_ids=nobody", []),
        ("active=1", ["gold"]),
        ("active=false", ["gold"]),
        ("state=draft", ["silver"]),
        ("state=draft,deny", ["silver", "bronze"]),
        ("api_id=orders", ["silver", "gold"]),
        ("api_id=orders,stock&state=active", ["gold"]),
        ("api_id=nothing", []),
        ("auth_type=jwt", ["silver", "gold"]),
        ("auth_type=keyless", []),
        ("sort=name", ["bronze", "gold", "off", "silver"]),
        ("sort=-name", ["silver", "off", "gold", "bronze"]),
        ("sort=state", ["gold", "off", "bronze", "silver"]),
        ("sort=-state", ["silver", "bronze", "gold", "off"]),
        ("sort=-date_created", ["off", "bronze", "gold", "silver"]),
        ("sort=nonsense&unknown=1", ["silver", "gold", "bronze", "off"]),
    ],
)
def test_it_is_searched_for(several: APIClient, query: str, found: list[str]) -> None:
    assert ids(several.get(f"{PATH}/search?p=-1&{query}")) == found


def test_ids_that_no_policy_has_are_refused_and_filters_survive_paging(several: APIClient, settings: Settings) -> None:
    assert refusal(several.get(f"{PATH}/search?policy_ids=a/b")) == (400, "Policy ID is not in hex format")
    settings.PAGE_SIZE = 2
    assert several.get(f"{PATH}?p=1").json()["Pages"] == 2
    assert ids(several.get(f"{PATH}?p=2&sort=name&api_id=orders,stock")) == ["silver"]
    assert several.get(f"{PATH}?p=-2").json()["Pages"] == 1


def test_one_by_id_costs_the_same_with_many_others(rest: Rest, alice: User) -> None:
    client, costs = rest(alice), []
    client.get(PATH)
    for _ in range(2):
        row = PolicyFactory.create_batch(5, organisation=alice.organisation)[0]
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PATH}/{row.pk}")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_page_says_what_is_allowed_of_each_api(browser_of: BrowserOf, alice: User) -> None:
    for name in ("orders", "stock"):
        Api.objects.create(organisation=alice.organisation, api_id=name, name=name.title())
    rights = {**right("orders", limit={"rate": 5, "per": 1}), **right("stock"), **right("gone")}
    definition = {"rate": 1000, "per": 60, "quota_max": -1, "partitions": {"per_api": True}, "access_rights": rights}
    row = PolicyFactory(organisation=alice.organisation, definition=definition)
    shown = " ".join(browser_of(alice).get(f"/policies/{row.pk}/").content.decode().split())
    assert "<b>Orders</b></dd> <dt>Requests</dt><dd>5 per 1 s</dd>" in shown
    assert "<b>Stock</b></dd> <dt>Requests</dt><dd>1,000 per 60 s</dd>" in shown
    assert '<b>gone</b> <span class="muted">is not there any more</span>' in shown


@pytest.mark.parametrize("base", ["/policies/{}/", "/staff/keys/policy/{}/change/"])
def test_forms_change_what_they_name_and_keep_the_rest(browser_of: BrowserOf, alice: User, base: str) -> None:
    for name in ("orders", "stock"):
        Api.objects.create(organisation=alice.organisation, api_id=name, name=name.title())
    given = gold(x={"kept": [1]}, access_rights={**right("orders", limit={"rate": 5}), **right("gone")})
    row = PolicyFactory(organisation=alice.organisation, name="Gold", definition=given)
    form = {
        **{name: given[name] for name in ("name", "rate", "per", "quota_max", "quota_renewal_rate", "key_expires_in")},
        "policy_id": row.policy_id,
        "state": "deny",
        "tags": "a, b",
        "partition_per_api": "on",
        "apis": ["orders", "stock"],
        "access_rights": json.dumps(given["access_rights"], indent=1),
    }
    answer = browser_of(alice).post(base.format(row.pk), form)
    assert answer.status_code == 302, answer.context["form"].errors
    row.refresh_from_db()
    stock = {**right("stock")["stock"], "allowed_urls": [], "limit": None}
    expected = {**given, "state": "deny", "tags": ["a", "b"], "partitions": {**given["partitions"], "per_api": True}}
    expected["access_rights"] = {**given["access_rights"], "stock": stock}
    del expected["_id"], expected["id"]
    assert row.definition == expected
    assert row.is_active is False


def test_forms_say_what_is_wrong_and_where(browser_of: BrowserOf, alice: User) -> None:
    rights = json.dumps(right("orders", limit={"quota_max": "much"}))
    answer = browser_of(alice).post("/policies/new/", {**FORM, "access_rights": rights})
    assert "access_rights.orders.limit.quota_max: expected" in answer.content.decode()
    for bad in ("{", "[" * 5000):
        assert browser_of(alice).post("/policies/new/", {**FORM, "access_rights": bad}).status_code == 200
    answer = browser_of(alice).post("/policies/new/", {**FORM, "partition_per_api": "on", "partition_acl": "on"})
    assert "which has per_api and any of partitions set" in answer.content.decode()
    PolicyFactory(organisation=alice.organisation, name="Gold")
    assert "already been used" in browser_of(alice).post("/policies/new/", FORM).content.decode()
