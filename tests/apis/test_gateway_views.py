"""What reaches gateways by REST, and example APIs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis import examples, gateway_views, notifications
from apps.core.fetching import FetchFailed, FetchRefused
from apps.core.redis import gateway_redis
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.apis.oas.test_rest import make, refusal
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]


@pytest.mark.parametrize(
    ("command", "payload", "signature"),
    [
        ("ApiUpdated", "", "924e27f15cf83e734ae3ab3ec838316d73da599ef9a12df9245b105d098fd295"),
        (
            "PolicyChanged",
            "5f8a1c2e9d3b4a0012345678",
            "f8af9b8d9400d35af0fc08fd50c90279665e40b4790102eaa6366cd9cbfe5452",
        ),
    ],
)
def test_gateways_believe_the_signature(settings: Settings, command: str, payload: str, signature: str) -> None:
    settings.NODE_SECRET = "352d20ee67be67f6340b4c0605b044b7"
    assert notifications.message(command, payload) == {
        "command": command,
        "payload": payload,
        "signature": signature,
        "algorithm": 5,
    }


def test_gateways_are_told_to_forget_key_sets(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = make(client, "menu")
    assert client.delete(f"/api/cache/jwks/{made['Meta']}").json() == {"message": "success", "status": "OK"}
    (delivery,) = Delivery.objects.filter(kind=notifications.KIND)
    assert delivery.about == "InvalidateJWKSCacheForAPI menu"
    answer = client.delete("/api/cache/jwks/none")
    assert (answer.status_code, answer.json()) == (404, {"message": "API not found", "status": "error"})


def test_key_sets_are_for_administrators(rest: Rest, alice: User) -> None:
    make(rest(alice), "menu")
    member = UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"})
    assert refusal(rest(member).delete("/api/cache/jwks/menu"))[0] == 403


def test_who_listens_hears_it() -> None:
    listener = gateway_redis().pubsub()
    listener.subscribe(notifications.CHANNEL)
    assert listener.get_message(timeout=5)["type"] == "subscribe"
    notifications.deliver({"command": "ApiUpdated", "payload": "menu"})
    heard = listener.get_message(timeout=5)
    listener.close()
    assert json.loads(heard["data"]) == notifications.message("ApiUpdated", "menu")


class Answer:
    """What another server gives."""

    def __init__(self, content: str, status: int = 200) -> None:
        self.content, self.text, self.status_code = content.encode(), content, status
        self.headers = {"X-A": "b"}

    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What lies elsewhere: URL → answer, or an error. Also holds the options of the last call."""
    found: dict[str, Any] = {}

    def fetch(url: str, **options: Any) -> Answer:
        found["options"] = options
        answer = found.get(url, FetchRefused("Weir does not fetch from there."))
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(gateway_views, "fetch", fetch)
    monkeypatch.setattr(examples, "fetch", fetch)
    return found


@pytest.mark.parametrize(
    ("content", "body"), [('{"a": 1}', {"a": 1}), ("[1]", {"text": "[1]"}), ("plain", {"text": "plain"})]
)
def test_a_request_goes_through_the_gateway(
    rest: Rest, alice: User, settings: Settings, fetched: dict[str, Any], content: str, body: Any
) -> None:
    settings.GATEWAY_URL = "http://gateway.example:8080"
    fetched["http://gateway.example:8080/menu/?a=b"] = Answer(content, 418)
    sent = {"method": "POST", "url": "http://gateway.example:8080/menu/?a=b", "headers": {"A": "b"}, "body": {"x": 1}}
    assert rest(alice).post("/api/proxy", sent).json() == {"status_code": 418, "headers": {"X-A": "b"}, "body": body}
    assert fetched["options"] == {"method": "POST", "headers": {"A": "b"}, "body": b'{"x": 1}'}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://gateway.example:8080.evil.example/", 403),
        ("http://gateway.example:8081/", 403),
        ("https://gateway.example:8080/", 403),
        ("http://gateway.example:port/", 403),
        ("http://gateway.example:8080@evil.example/", 403),
        ("http://gateway.example:8080/away", 500),
        ("", 400),
    ],
)
def test_no_other_place_is_asked(
    rest: Rest, alice: User, settings: Settings, fetched: dict[str, Any], url: str, expected: int
) -> None:
    settings.GATEWAY_URL = "http://gateway.example:8080"
    assert refusal(rest(alice).post("/api/proxy", {"method": "GET", "url": url}))[0] == expected
    assert "options" not in fetched or expected == 500


@pytest.mark.parametrize(
    "body", [{}, {"method": "CONNECT", "url": "http://a"}, {"method": "GET", "url": "u", "headers": {"A": 1}}]
)
def test_proxy_requests_that_are_none(rest: Rest, alice: User, body: Any) -> None:
    assert refusal(rest(alice).post("/api/proxy", body)) == (400, "Invalid proxy request")


ROOT = "https://examples.example/main"
MENU = {"location": "oas/menu", "name": "Menu", "description": "A menu", "features": ["x"], "minTykVersion": "5.0"}
INDEX = {"examples": {"oas": [MENU], "udg": []}}
LIST = {"headers": {"x-tyk-examples-index": f"{ROOT}/repository.json"}}


def test_examples_of_a_repository(rest: Rest, alice: User, fetched: dict[str, Any]) -> None:
    client = rest(alice)
    fetched[f"{ROOT}/repository.json"] = Answer(json.dumps(INDEX))
    fetched[f"{ROOT}/oas/menu/readme.md"] = Answer("# Menu")
    fetched[f"{ROOT}/oas/menu/.tyk.json"] = Answer('{"files": [{"file": "oas-1.json"}]}')
    fetched[f"{ROOT}/oas/menu/oas-1.json"] = Answer('{"oas": {"openapi": "3.0.3"}, "other": 1}')
    assert client.get("/api/examples", **LIST).json() == [
        {"location": "oas/menu", "name": "Menu", "shortDescription": "A menu"}
    ]
    told = {"name": "Menu", "location": "oas/menu", "description": "A menu", "features": ["x"], "min_version": "5.0"}
    assert client.get("/api/examples/oas/menu", **LIST).json() == told
    whole = client.get("/api/examples/oas/menu?readme=true&apiDef=true", **LIST).json()
    assert whole == {**told, "readme": "# Menu", "oas": {"openapi": "3.0.3"}}


def test_examples_that_cannot_be_had(rest: Rest, alice: User, settings: Settings, fetched: dict[str, Any]) -> None:
    client = rest(alice)
    settings.EXAMPLES_INDEX_URL = f"{ROOT}/repository.json"
    assert refusal(client.get("/api/examples")) == (400, "Invalid examples index file or root path")
    fetched[f"{ROOT}/repository.json"] = FetchFailed("It does not answer.")
    assert refusal(client.get("/api/examples")) == (500, "Failed to fetch examples index file")
    fetched[f"{ROOT}/repository.json"] = Answer("[")
    assert refusal(client.get("/api/examples")) == (400, "Invalid examples index file or root path")
    fetched[f"{ROOT}/repository.json"] = Answer(json.dumps(INDEX))
    assert refusal(client.get("/api/examples/oas/none")) == (404, "Example API definition not found")
    fetched[f"{ROOT}/oas/menu/.tyk.json"] = Answer("", 404)
    assert refusal(client.get("/api/examples/oas/menu?apiDef=1")) == (500, "Failed to fetch example API definitions")
