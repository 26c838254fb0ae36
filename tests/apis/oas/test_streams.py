"""Streams over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.users.models import User
from tests.apis.oas.test_rest import make, named, refusal

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/apis/streams"
MEDIA_TYPE = "application/vnd.tyk.streams.oas"
STREAMS = {"streams": {"orders": {"input": {"http_server": {"path": "/in"}}, "output": {"kafka": {"topic": "orders"}}}}}


def streams(api_id: str = "s", **more: Any) -> dict[str, Any]:
    return {**named(api_id, "/streams/", **more), "x-tyk-streaming": STREAMS}


def send(client: APIClient, method: str, path: str, body: Any) -> Any:
    return client.generic(method, f"{URL}{path}", json.dumps(body), content_type=MEDIA_TYPE)


def test_they_are_made_read_changed_and_deleted(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = send(client, "POST", "", streams())
    assert made.json() == {"Status": "OK", "Message": "API created", "Meta": made.json()["Meta"], "ID": "s"}
    assert made["Content-Type"] == "application/json; charset=utf-8"
    read = client.get(f"{URL}/s", headers={"accept": MEDIA_TYPE, "content-type": MEDIA_TYPE})
    assert read["Content-Type"] == "application/json; charset=utf-8"
    kept = read.json()
    assert kept["x-tyk-streaming"] == STREAMS
    kept["info"]["title"] = "Other"
    assert send(client, "PUT", "/s", kept).json()["Message"] == "API updated"
    assert client.get(f"{URL}/{made.json()['Meta']}").json() == kept
    assert client.delete(f"{URL}/s").json()["Message"] == "API deleted"
    assert refusal(client.get(f"{URL}/s")) == (400, "Could not retrieve API detail")


def test_a_patch_brings_the_whole_document(rest: Rest, alice: User) -> None:
    client = rest(alice)
    send(client, "POST", "", streams())
    assert (
        send(client, "PATCH", "/s?listenPath=/new/&customDomain=s.example", streams()).json()["Message"]
        == "API updated"
    )
    server = client.get(f"{URL}/s").json()["x-tyk-api-gateway"]["server"]
    assert server == {
        "listenPath": {"value": "/new/", "strip": True},
        "customDomain": {"enabled": True, "name": "s.example"},
    }


def test_the_documented_refusals(rest: Rest, alice: User) -> None:
    client = rest(alice)
    send(client, "POST", "", streams())
    needed = (400, "The payload should contain x-tyk-api-gateway and/or x-tyk-streaming")
    assert refusal(send(client, "POST", "", named("other"))) == needed
    assert refusal(send(client, "PUT", "/s", {"openapi": "3.0.3"})) == needed
    assert refusal(send(client, "POST", "", streams())) == (409, "Found API with the same ID")
    assert refusal(send(client, "PATCH", "/s", streams("other"))) == (400, "Invalid `ID` value")
    assert refusal(send(client, "PATCH", "/none", streams("none"))) == (404, "API not found")
    broken = {**streams("t"), "x-tyk-streaming": {"streams": {"orders": {"input": []}}}}
    status, message = refusal(send(client, "POST", "", broken))
    assert (status, message.partition(": ")[0]) == (400, "x-tyk-streaming.streams.orders.input")


def test_they_stand_in_lists_and_have_categories(rest: Rest, alice: User) -> None:
    client = rest(alice)
    send(client, "POST", "", streams())
    make(client, "menu")
    assert client.put("/api/apis/oas/s/categories", {"categories": ["events"]}).status_code == 200
    (wrapper,) = client.get("/api/apis?category=events").json()["apis"]
    assert wrapper["oas"]["x-tyk-streaming"] == STREAMS
    assert refusal(client.get("/api/apis/oas/s"))[0] == 400
    assert refusal(client.get(f"{URL}/menu"))[0] == 400
    assert json.loads(client.get("/api/apis/oas/export").content) == [client.get("/api/apis/oas/menu").json()]
    assert Api.objects.get(api_id="s").kind == Api.Kind.STREAMS
