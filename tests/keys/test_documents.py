"""Documents of policies: what comes in, and what comes out again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.keys.models import Policy
from apps.users.models import User
from tests.keys.bodies import PATH, Rest, gold, ids, make, refusal, right

pytestmark = pytest.mark.django_db


def test_it_is_read_as_it_came_by_either_id(rest: Rest, alice: User) -> None:
    client, sent = rest(alice), gold(unknown={"Rate": ["kept", None, 1.50]}, smoothing=None)
    assert make(client, sent) == sent["_id"]
    read = client.get(f"{PATH}/gold").json()
    assert read == client.get(f"{PATH}/{sent['_id']}/").json()
    assert {**read, "last_updated": ""} == {**sent, "org_id": alice.organisation_id, "last_updated": ""}
    text = client.get(f"{PATH}/gold").content.decode()
    assert '"quota_max": -1,' in text or '"quota_max":-1,' in text
    assert client.put(f"{PATH}/{sent['_id']}", sent).status_code == 200
    again = client.get(f"{PATH}/gold").json()
    assert {**again, "last_updated": ""} == {**read, "last_updated": ""}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"quota_max": 3.5}, "quota_max: expected `integer | null`, got `number`"),
        ({"quota_max": 2**63}, "quota_max: expected `integer` <= 9223372036854775807"),
        ({"key_expires_in": "60"}, "key_expires_in: expected `integer | null`, got `string`"),
        ({"rate": True}, "rate: expected `number | null`, got `boolean`"),
        ({"per": 10**400}, "per: number out of range"),
        ({"Rate": "fast"}, "rate: expected `number | null`, got `string`"),
        ({"state": "sleeping"}, "state: invalid enum value 'sleeping'"),
        ({"meta_data": []}, "meta_data: expected `object | null`, got `array`"),
        ({"tags": [1]}, "tags[0]: expected `string | null`, got `integer`"),
        ({"partitions": {"acl": "yes"}}, "partitions.acl: expected `boolean | null`, got `string`"),
        ({"smoothing": {"step": 0.5}}, "smoothing.step: expected `integer | null`, got `number`"),
        ({"access_rights": []}, "access_rights: expected `object | null`, got `array`"),
        ({"access_rights": {"orders": 7}}, "access_rights.orders: expected `object | null`, got `integer`"),
        (
            {"access_rights": right("orders", limit={"quota_max": 0.5})},
            "access_rights.orders.limit.quota_max: expected `integer | null`, got `number`",
        ),
        (
            {"access_rights": right("orders", endpoints=[{"methods": [{"limit": {"rate": 1.5}}]}])},
            "access_rights.orders.endpoints[0].methods[0].limit.rate: expected `integer | null`, got `number`",
        ),
        ({"access_rights": right("orders", allowed_urls=["/"])}, "access_rights.orders.allowed_urls[0]: expected"),
        ({"access_rights": None, "access_rights_array": [{}]}, "access_rights_array: each needs an api_id"),
        ({"date_created": "yesterday"}, "date_created: expected a time such as 2026-01-31T12:00:00Z"),
        ({"org_id": {}}, "org_id: expected `string | null`, got `object`"),
        ({"name": "x" * 256}, "name: expected 1 to 255 characters"),
        ({"name": " "}, "name: expected 1 to 255 characters"),
        ({"name": None}, "name: expected 1 to 255 characters"),
    ],
)
def test_what_a_gateway_could_not_decode_is_refused_with_its_place(
    rest: Rest, alice: User, given: dict[str, Any], place: str
) -> None:
    status, message = refusal(rest(alice).post(PATH, {**gold(), **given}))
    assert status == 403
    assert message.startswith(f"Request body malformed: {place}")
    assert not Policy.objects.exists()


def test_whole_numbers_with_a_point_or_exponent_are_stored_as_integers(rest: Rest, alice: User) -> None:
    whole = {"quota_max": 100.0, "quota_renewal_rate": 3.6e3, "key_expires_in": 1e3, "throttle_retry_limit": -1.0}
    whole |= {"max_query_depth": 5.0, "post_expiry_grace_period": 0.0, "meta_data": {"free": 2.0}}
    rights = right("orders", limit={"quota_max": 7.0}, endpoints=[{"methods": [{"limit": {"rate": 1.0}}]}])
    client = rest(alice)
    make(client, gold(**whole, access_rights=rights))
    text = json.dumps(client.get(f"{PATH}/gold").json())
    for name in ("quota_max", "quota_renewal_rate", "key_expires_in", "throttle_retry_limit", "max_query_depth"):
        assert f'"{name}": {int(whole[name])}, ' in text  # type: ignore[call-overload]  # not meta_data
    for written in ('"post_expiry_grace_period": 0,', '"quota_max": 7}', '"rate": 1}', '"free": 2.0'):
        assert written in text
    over = client.post(PATH, gold(_id="f" * 24, id="over", quota_max=1e30))
    assert refusal(over) == (403, "Request body malformed: quota_max: expected `integer | null`, got `number`")


def test_fractions_nulls_and_other_cases_are_taken_as_programs_in_go_take_them(rest: Rest, alice: User) -> None:
    client = rest(alice)
    odd = {"Name": "Odd", "RATE": 0.5, "per": 1e3, "throttle_interval": 0.1, "date_created": "0001-01-01T00:00:00Z"}
    rights = {"orders": None, "stock": {"apiid": "stock", "apiname": "Stock", "Limit": {"Rate": 1.5}, "versions": None}}
    pk = make(client, {**odd, "access_rights": rights, "meta_data": None, "tags": None, "last_updated": 7})
    read = client.get(f"{PATH}/{pk}").json()
    assert (read["name"], read["rate"], read["per"]) == ("Odd", 0.5, 1000)
    assert read["access_rights"]["stock"]["limit"] == {"rate": 1.5}
    assert read["date_created"][:2] == "20"
    delivered = Policy.objects.get().delivered()
    assert delivered["access_rights"]["orders"] == {"api_id": "orders", "api_name": ""}
    assert delivered["access_rights"]["stock"]["api_name"] == "Stock"


def test_rights_may_come_as_a_list_that_follows_them(rest: Rest, alice: User) -> None:
    client, listed = rest(alice), [*right("orders").values(), *right("stock").values()]
    pk = make(client, {"name": "Listed", "access_rights_array": listed})
    read = client.get(f"{PATH}/{pk}").json()
    assert read["access_rights"] == {**right("orders"), **right("stock")}
    assert read["access_rights_array"] == listed
    assert "access_rights_array" not in Policy.objects.get().delivered()


def test_ids_are_kept_when_they_are_valid_and_free(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    first = make(client, {"name": "First"})
    assert client.get(f"{PATH}/{first}").json()["id"] == first
    assert make(client, {"name": "Second", "_id": first}) != first
    assert make(rest(charlie), {"name": "Theirs", "_id": "no id", "id": "theirs"})
    for taken in ("theirs", first):
        assert refusal(client.post(PATH, {"name": "Third", "id": taken}))[0] == 400
    assert refusal(client.put(f"{PATH}/{first}", {"id": "theirs"}))[0] == 400
    assert client.put(f"{PATH}/{first}", {"id": "own.id~1_-"}).status_code == 200
    assert ids(client.get(PATH)) == ["own.id~1_-", Policy.objects.get(name="Second").pk]


def test_explicit_ids_have_characters_that_urls_stand(rest: Rest, alice: User, settings: Settings) -> None:
    client, unsafe = rest(alice), {"name": "Gold", "id": "gold/1"}
    text = "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"
    assert refusal(client.post(PATH, unsafe)) == (400, text)
    pk = make(client, {"name": "Gold"})
    assert refusal(client.put(f"{PATH}/{pk}", unsafe)) == (400, text)
    settings.ALLOW_UNSAFE_POLICY_IDS = True
    assert client.put(f"{PATH}/{pk}", unsafe).status_code == 200
    settings.ALLOW_UNSAFE_POLICY_IDS = False
    assert client.put(f"{PATH}/{pk}", {**unsafe, "rate": 1}).status_code == 200, "an id that is there already stays"


def test_a_name_is_used_once_in_an_organisation(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    make(client, {"name": "Gold"})
    make(rest(charlie), {"name": "Gold"})
    other = make(client, {"name": "Silver"})
    text = "This policy name has already been used. Enter a unique policy name"
    assert refusal(client.post(PATH, {"name": "Gold"})) == (400, text)
    assert refusal(client.put(f"{PATH}/{other}", {"name": "Gold"})) == (400, text)
    assert Policy.objects.filter(organisation=alice.organisation).count() == 2


def test_an_operator_makes_reads_changes_and_deletes_a_policy_as_it_does(rest: Rest, alice: User) -> None:
    client, explicit = rest(alice), "ZGVmYXVsdC9nb2xk"
    body = {
        "id": explicit,
        "name": "gold",
        "org_id": alice.organisation_id,
        "state": "active",
        "active": True,
        "access_rights_array": [{"api_id": "b3JkZXJz", "api_name": "orders", "versions": ["Default"]}],
        "rate": -1,
        "quota_max": -1,
    }
    assert refusal(client.get(f"{PATH}/{explicit}")) == (404, "Could not retrieve portal object")
    made = client.post(PATH, body).json()
    pk = made["Message"]
    assert (made["Status"], made["Meta"], len(pk)) == ("OK", None, 24)
    read = client.get(f"{PATH}/{explicit}").json()
    assert (read["_id"], read["access_rights"]["b3JkZXJz"]["api_name"]) == (pk, "orders")
    assert client.put(f"{PATH}/{pk}", body).json() == {"Status": "OK", "Message": "Data updated", "Meta": None}
    assert {**client.get(f"{PATH}/{pk}").json(), "last_updated": ""} == {**read, "last_updated": ""}
    assert client.get("/api/portal/catalogue/").json()["apis"] == []
    assert client.delete(f"{PATH}/{pk}").json() == {"Status": "OK", "Message": "Data deleted", "Meta": None}
    assert client.get(f"{PATH}/{pk}").status_code == 404
    assert refusal(client.delete(f"{PATH}/{pk}")) == (404, "Could not retrieve object for deletion")
