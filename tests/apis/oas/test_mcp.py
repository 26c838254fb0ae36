"""MCP proxies over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.users.models import User
from tests.apis.oas.test_rest import make, named, refusal
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/mcps"
TOOLS = {"mcpTools": {"look": {"allow": {"enabled": True}, "rateLimit": {"enabled": True, "rate": 5, "per": "1s"}}}}


def proxy(api_id: str = "mcp", path: str = "/mcp/", **more: Any) -> dict[str, Any]:
    return {**named(api_id, path, **more), "paths": {}}


def add(client: APIClient, *given: Any, query: str = "", **more: Any) -> None:
    assert client.post(f"{URL}/{query}", proxy(*given, **more)).status_code == 200


def test_they_are_made_read_changed_and_deleted(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = client.post(f"{URL}/", proxy(middleware=TOOLS)).json()
    assert made == {"Status": "OK", "Message": "MCP Proxy definition created", "Meta": "mcp", "ID": "mcp"}
    kept = client.get(f"{URL}/mcp").json()
    assert kept["x-tyk-api-gateway"]["middleware"] == TOOLS
    definition = Api.objects.get().served_definition
    assert (definition["application_protocol"], definition["json_rpc_version"]) == ("mcp", "2.0")
    kept["info"]["title"] = "Other"
    told = {"Status": "OK", "Meta": "mcp", "ID": "mcp"}
    assert client.put(f"{URL}/mcp", kept).json() == {**told, "Message": "API updated"}
    assert client.get(f"{URL}/{kept['x-tyk-api-gateway']['info']['dbId']}").json() == kept
    assert client.delete(f"{URL}/mcp").json() == {**told, "Message": "API deleted"}
    assert refusal(client.get(f"{URL}/mcp")) == (404, "MCP Proxy not found")


def test_they_come_as_yaml_too(rest: Rest, alice: User) -> None:
    client = rest(alice)
    assert client.generic("POST", URL, yaml.safe_dump(proxy()), content_type="application/x-yaml").status_code == 200
    assert client.get(f"{URL}/mcp").status_code == 200


def test_they_are_listed_here_and_nowhere_else(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    add(client, "a", "/a/", name="Zebra")
    add(client, "b", "/b/", name="Ant")
    listed = client.get(f"{URL}?sort=name").json()
    assert listed["pages"] == 1
    assert [one["x-tyk-api-gateway"]["info"]["id"] for one in listed["mcps"]] == ["b", "a"]
    assert [one["x-tyk-api-gateway"]["info"]["id"] for one in client.get(f"{URL}?q=zeb").json()["mcps"]] == ["a"]
    Api.objects.filter(api_id="a").update(categories=["x"])
    assert len(client.get(f"{URL}?category=y,x").json()["mcps"]) == 1
    assert [one["api_definition"]["api_id"] for one in client.get("/api/apis?p=0").json()["apis"]] == ["menu"]
    assert client.get("/api/apis/search").json()["apis"] == client.get("/api/apis").json()["apis"]
    assert client.get("/api/apis/categories").json() == {"categories": []}
    assert refusal(client.get("/api/apis/oas/a"))[0] == 400


def test_other_apis_are_no_proxies(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    for call in (client.get, client.delete):
        assert refusal(call(f"{URL}/menu")) == (400, "The API is not an MCP Proxy")
    assert refusal(client.put(f"{URL}/menu", proxy("menu"))) == (400, "The API is not an MCP Proxy")
    assert refusal(client.get(f"{URL}/menu/versions")) == (400, "The API is not an MCP Proxy")


@pytest.mark.parametrize(
    "block",
    [
        "transformRequestMethod",
        "transformResponseBody",
        "urlRewrite",
        "internal",
        "cache",
        "validateRequest",
        "mockResponse",
    ],
)
@pytest.mark.parametrize("group", ["operations", "mcpTools", "mcpResources", "mcpPrompts"])
def test_restricted_middleware_is_refused_by_name(rest: Rest, alice: User, group: str, block: str) -> None:
    answer = rest(alice).post(URL, proxy(middleware={group: {"look": {block: {"enabled": True}}}}))
    place = f"x-tyk-api-gateway.middleware.{group}.look.{block}"
    assert refusal(answer) == (400, f"{place}: is nothing that an MCP proxy can have")


def test_the_extension_is_needed(rest: Rest, alice: User) -> None:
    body = proxy()
    del body["x-tyk-api-gateway"]
    assert refusal(rest(alice).post(URL, body)) == (400, "the payload should contain x-tyk-api-gateway")


def test_versions(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    add(client)
    query = "?base_api_id={}&base_api_version_name=v1&new_version_name=v2"
    refused = client.post(f"{URL}{query.format('menu')}", proxy("m2", "/m2/"))
    assert refusal(refused) == (400, "base_api_id must be an MCP Proxy")
    add(client, "m2", "/m2/", name="Second", query=query.format("mcp"))
    assert client.get(f"{URL}/mcp/versions").json() == {
        "apis": [{"apiId": "mcp", "name": "Menu"}, {"apiId": "m2", "name": "Second"}],
        "pages": 1,
    }
    assert refusal(client.get(f"{URL}/m2/versions")) == (422, "m2 is not recognised")
    assert refusal(client.get(f"{URL}/none/versions"))[0] == 422
    assert client.delete(f"{URL}/m2").status_code == 200
    assert client.get(f"{URL}/mcp").json()["x-tyk-api-gateway"]["info"]["versioning"]["versions"] == []


def test_they_have_a_permission_of_their_own(rest: Rest, alice: User) -> None:
    add(rest(alice))
    member = rest(UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"}))
    assert refusal(member.get(f"{URL}/mcp"))[0] == 403
    reader = rest(UserFactory(organisation=alice.organisation, user_permissions={"mcp": "read"}))
    assert reader.get(f"{URL}/mcp").status_code == 200
    assert refusal(reader.post(URL, proxy("new", "/new/")))[0] == 403
