"""What gateways and clients could not decode in a classic definition is refused with its place; all else is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.apis.classic import delivered
from apps.apis.classic_checks import checked
from apps.apis.models import Api
from apps.users.models import User
from tests.apis.oas.documents import compiled
from tests.apis.test_classic import definition, make, refusal

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
TIMES = 'expected a time such as 2030-01-31T12:00:00Z or 2030-01-31 12:00, or "" for never'


def versions(**version: Any) -> dict[str, Any]:
    return {"version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default", **version}}}}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"active": "yes"}, "active: expected boolean, got string"),
        ({"use_keyless": 1}, "use_keyless: expected boolean, got integer"),
        ({"name": 5}, "name: expected string, got integer"),
        ({"domain": []}, "domain: expected string, got array"),
        ({"tags": "x"}, "tags: expected array, got string"),
        ({"tags": [None, 7]}, "tags.1: expected string, got integer"),
        ({"definition": "x"}, "definition: expected object, got string"),
        ({"event_handlers": []}, "event_handlers: expected object, got array"),
        ({"auth_configs": []}, "auth_configs: expected object, got array"),
        ({"auth_configs": {"mine": {"use_param": 0}}}, "auth_configs.mine.use_param: expected boolean, got integer"),
        ({"proxy": []}, "proxy: expected object, got array"),
        ({"proxy": {"listen_path": 5}}, "proxy.listen_path: expected string, got integer"),
        ({"proxy": {"transport": {"ssl_min_version": -1}}}, "proxy.transport.ssl_min_version: -1 is less than"),
        ({"version_data": {"versions": []}}, "version_data.versions: expected object, got array"),
        ({"expire_analytics_after": 1.5}, "expire_analytics_after: expected integer, got number"),
        ({"session_lifetime": 1e30}, "session_lifetime: expected integer, got number"),
        ({"session_lifetime": 2**63}, "session_lifetime: 9223372036854775808 is greater than"),
        ({"listen_port": "8080"}, "listen_port: expected integer, got string"),
        ({"jwt_issued_at_validation_skew": -1}, "jwt_issued_at_validation_skew: -1 is less than"),
        ({"graphql": {"last_schema_update": ""}}, "graphql.last_schema_update: expected a time"),
        ({"Active": True}, "Active: gateways do not tell capital letters in this name"),
        (
            versions(extended_paths={"hard_timeouts": [{"path": "/a", "timeout": 0.5}]}),
            "version_data.versions.Default.extended_paths.hard_timeouts.0.timeout: expected integer, got number",
        ),
        (versions(expires="tomorrow"), f"version_data.versions.Default.expires: {TIMES}"),
        ({"expiration": "2030-13-01 12:00"}, f"expiration: {TIMES}"),
        (
            {"event_handlers": {"events": {"AuthFailure": [None, {"handler_name": "eh_dynamic_handler"}]}}},
            "event_handlers.events.AuthFailure.1.handler_meta.path: gateways break",
        ),
        (
            {"is_oas": True},
            "is_oas: an API that is kept as an OpenAPI document is made and changed through /api/apis/oas",
        ),
    ],
)
def test_what_a_gateway_could_not_decode_is_refused_with_its_place(
    rest: Rest, alice: User, given: dict[str, Any], fault: str
) -> None:
    client = rest(alice)
    pk = make(client, path="/there/")["Meta"]
    kept = client.get(f"/api/apis/{pk}").json()
    body = {"api_definition": {**definition(), **given}}
    for answer in (client.post("/api/apis", body), client.put(f"/api/apis/{pk}", body)):
        status, message = refusal(answer)
        assert status == 400
        assert message.startswith(f"api_definition.{fault}"), message
    assert client.get("/api/apis").json()["apis"] == [kept]


def test_whole_numbers_are_stored_as_integers_where_an_integer_is_meant(rest: Rest, alice: User) -> None:
    sent = {
        "listen_port": 8080.0,
        "session_lifetime": 1e3,
        "global_rate_limit": {"rate": 5.0, "per": 0.5},
        "config_data": {"free": 2.0},
        "x_unknown": 3.0,
        **versions(extended_paths={"mock_response": [{"path": "/", "code": 200.0}]}),
    }
    made = make(rest(alice), **sent)
    text = json.dumps(rest(alice).get(f"/api/apis/{made['ID']}").json())
    for written in (
        *('"listen_port": 8080,', '"session_lifetime": 1000,', '"rate": 5.0', '"code": 200}'),
        *('"free": 2.0', '"x_unknown": 3.0'),
    ):
        assert written in text


def test_null_is_nothing_everywhere_and_unknown_members_are_free(rest: Rest, alice: User) -> None:
    nothing = dict.fromkeys(["tags", "domain", "listen_port", "auth_configs", "event_handlers", "expiration"])
    sent = {**nothing, "proxy": {"listen_path": "/n/", "transport": None, "target_list": [None]}, "zeta": {"a": [1.5]}}
    made = make(rest(alice), **sent, **versions(expires=None, extended_paths={"white_list": [None]}))
    read = rest(alice).get(f"/api/apis/{made['ID']}").json()["api_definition"]
    assert {name: read[name] for name in sent} == sent
    assert delivered(read)["version_data"] == read["version_data"]


def test_a_name_that_is_null_is_left_out(rest: Rest, alice: User) -> None:
    answer = rest(alice).post("/api/apis", {"api_definition": definition() | {"name": None}})
    assert refusal(answer)[1].startswith("name: ")
    pk = make(rest(alice))["Meta"]
    rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition() | {"name": None}})
    assert Api.objects.get(pk=pk).name == "Orders"


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ({"event_timeout": "60"}, "event_timeout: expected integer, got string"),
        ({"event_timeout": -1}, "event_timeout: -1 is less than"),
        ({"hook": {"method": "POST", "target_path": 5}}, "hook.target_path: expected string, got integer"),
    ],
)
def test_references_to_webhooks_are_looked_at_too(
    rest: Rest, alice: User, reference: dict[str, Any], fault: str
) -> None:
    hook = {"method": "POST", "target_path": "https://x.example"}
    whole = {"event_name": "AuthFailure", "event_timeout": 60.0, "hook": hook}
    body = {"api_definition": definition(), "hook_references": [whole, {**whole, **reference}]}
    status, message = refusal(rest(alice).post("/api/apis", body))
    assert (status, message.startswith(f"hook_references.1.{fault}")) == (400, True), message
    assert rest(alice).post("/api/apis", {**body, "hook_references": [whole]}).status_code == 200
    assert json.dumps(Api.objects.get().hook_references[0]["event_timeout"]) == "60"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("", ""),
        ("-1", "-1"),
        ("2030-01-31 12:00", "2030-01-31 12:00"),
        ("2030-01-31T12:00:59Z", "2030-01-31 12:00"),
        ("2030-01-31t12:00:00.123456789z", "2030-01-31 12:00"),
        ("2030-01-31 00:30:00+02:00", "2030-01-30 22:30"),
        ("2016-12-31T23:59:60-00:00", "2016-12-31 23:59"),
        ("0031-01-01T00:00:00Z", "0031-01-01 00:00"),
    ],
)
def test_every_form_of_an_end_is_kept_as_it_came_and_delivered_as_gateways_read_it(
    rest: Rest, alice: User, sent: str, read: str
) -> None:
    made = make(rest(alice), expiration=sent, **versions(expires=sent))
    kept = rest(alice).get(f"/api/apis/{made['ID']}").json()["api_definition"]
    assert (kept["expiration"], kept["version_data"]["versions"]["Default"]["expires"]) == (sent, sent)
    served = delivered(kept)
    assert (served["expiration"], served["version_data"]["versions"]["Default"]["expires"]) == (read, read)


@pytest.mark.parametrize(
    "sent",
    [
        "2030-1-1 1:1",
        "2030-02-30 12:00",
        "2030-01-31",
        "2030-01-31T12:00:00",
        "1",
        "never",
        "9999-12-31T23:59:00-01:00",
    ],
)
def test_any_other_end_is_refused(rest: Rest, alice: User, sent: str) -> None:
    answer = rest(alice).post("/api/apis", {"api_definition": definition(**versions(expires=sent))})
    assert refusal(answer) == (400, f"api_definition.version_data.versions.Default.expires: {TIMES}")


def test_what_documents_are_compiled_to_can_be_decoded() -> None:
    found = compiled()
    assert checked(found, is_classic=False) == found
