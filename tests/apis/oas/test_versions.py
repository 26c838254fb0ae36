"""Versions of APIs that are kept as documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.apis.oas.test_rest import URL, make, named, refusal
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]


@pytest.fixture
def client(rest: Rest, alice: User, settings: Settings) -> APIClient:
    settings.GATEWAY_URL = "http://gateway.example:8080"
    return rest(alice)


def family(client: APIClient, **more: Any) -> None:
    """Make a base ``menu`` (v1) with two versions, ``menu-2`` (v2) and ``menu-3`` (v3)."""
    make(client, "menu", **more)
    make(client, "menu-2", "/two/", query="?base_api_id=menu&base_api_version_name=v1&new_version_name=v2")
    make(client, "menu-3", "/three/", query="?base_api_id=menu&new_version_name=v3")


def told(client: APIClient, api_id: str = "menu") -> Any:
    return client.get(f"{URL}/{api_id}").json()["x-tyk-api-gateway"]["info"].get("versioning")


def rows(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{URL}/menu/versions{query}").json()
    assert answer["pages"] == 1
    found: list[dict[str, Any]] = answer["apis"]
    return found


def test_the_first_version_makes_another_the_base(client: APIClient) -> None:
    family(client)
    assert told(client) == {
        "enabled": True,
        "name": "v1",
        "default": "self",
        "location": "header",
        "key": "x-tyk-version",
        "versions": [{"name": "v2", "id": "menu-2"}, {"name": "v3", "id": "menu-3"}],
    }
    definition = client.get("/api/apis/menu").json()["api_definition"]["definition"]
    assert definition["versions"] == {"v2": "menu-2", "v3": "menu-3"}
    assert client.get(f"{URL}/menu-2")["x-tyk-base-api-id"] == "menu"
    assert "x-tyk-base-api-id" not in client.get(f"{URL}/menu")
    assert told(client, "menu-2") is None


def test_what_was_prepared_is_used(client: APIClient) -> None:
    prepared = {"enabled": False, "name": "old", "location": "url", "stripVersioningData": True}
    sent = named("menu")
    sent["x-tyk-api-gateway"]["info"]["versioning"] = prepared
    assert client.post(URL, sent).status_code == 200
    make(client, "menu-2", "/two/", query="?base_api_id=menu&new_version_name=new&set_default=true")
    assert told(client) == {
        **prepared,
        "enabled": True,
        "default": "new",
        "versions": [{"name": "new", "id": "menu-2"}],
    }
    make(client, "menu-3", "/three/", query="?base_api_id=menu&new_version_name=newer&base_api_version_name=first")
    assert (told(client)["default"], told(client)["name"]) == ("new", "first")


def test_the_other_doors_take_versions_too(client: APIClient) -> None:
    make(client, "menu")
    make(client, "menu-2", "/two/")
    body = {
        "openapi": "3.0.3",
        "info": {"title": "a", "version": "1"},
        "paths": {},
        "servers": [{"url": "http://u.example"}],
    }
    query = "?base_api_id=menu&base_api_version_name=v1&new_version_name"
    assert client.patch(f"{URL}/menu-2{query}=v2", body).status_code == 200
    assert client.post(f"{URL}/import{query}=v3&apiID=menu-3", body).status_code == 200
    assert [one["name"] for one in told(client)["versions"]] == ["v2", "v3"]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("base_api_id=none&new_version_name=v2", 403, "Could not retrieve detail of apiID none in org "),
        ("base_api_id=menu&base_api_version_name=v1", 400, "new_version_name is required"),
        ("base_api_id=menu&new_version_name=v2", 400, "base_api_version_name is required"),
        ("base_api_id=menu&new_version_name=v1&base_api_version_name=v1", 400, "The base API has a version v1"),
        ("base_api_id=new&new_version_name=v2&base_api_version_name=v1", 400, "The base API must be another API"),
    ],
)
def test_versions_that_cannot_be(client: APIClient, query: str, status: int, says: str) -> None:
    make(client, "menu")
    given = refusal(client.post(f"{URL}?{query}", named("new", "/new/")))
    assert (given[0], given[1][: len(says)]) == (status, says)
    assert [api.api_id for api in Api.objects.all()] == ["menu"]


def test_a_version_is_no_base(client: APIClient) -> None:
    family(client)
    query = "?base_api_id=menu-2&base_api_version_name=a&new_version_name=b"
    assert refusal(client.post(f"{URL}{query}", named("new", "/new/")))[0] == 400


def test_versions_are_listed_by_name(client: APIClient) -> None:
    family(client)
    row = {"internal": False, "name": "Menu", "expirationDate": ""}
    assert rows(client) == [
        {**row, "id": "menu", "versionName": "v1", "isDefaultVersion": True},
        {**row, "id": "menu-2", "versionName": "v2", "isDefaultVersion": False},
        {**row, "id": "menu-3", "versionName": "v3", "isDefaultVersion": False},
    ]
    assert [one["id"] for one in rows(client, "?searchText=V3")] == ["menu-3"]
    sent = client.get(f"{URL}/menu-3").json()
    sent["x-tyk-api-gateway"]["info"] |= {"state": {"active": True, "internal": True}, "expiration": "2030-01-02 12:00"}
    client.put(f"{URL}/menu-3", sent)
    assert rows(client, "?accessType=internal") == [
        {"id": "menu-3", "name": "Menu", "versionName": "v3", "internal": True, "isDefaultVersion": False,
         "expirationDate": "2030-01-02 12:00"}
    ]  # fmt: skip
    assert [one["id"] for one in rows(client, "?accessType=external&p=1")] == ["menu", "menu-2"]


def test_only_a_base_has_versions(client: APIClient) -> None:
    family(client)
    make(client, "alone", "/alone/")
    assert refusal(client.get(f"{URL}/alone/versions")) == (422, "alone is not recognised")
    assert refusal(client.get(f"{URL}/menu-2/versions")) == (422, "menu-2 is not recognised")


def urls(client: APIClient, api_id: str) -> list[str]:
    answer = client.get(f"{URL}/{api_id}/urls").json()
    assert answer["api_id"] == api_id
    return [one["url"] for one in answer["urls"]]


def test_addresses_of_one_without_versions(client: APIClient) -> None:
    make(client, "menu")
    assert client.get(f"{URL}/menu/urls").json() == {
        "api_id": "menu",
        "urls": [
            {
                "protocol": "http",
                "domain": "gateway.example",
                "port": 8080,
                "listen_path": "menu",
                "endpoint_path": "",
                "query_parameters": [],
                "headers": [],
                "url": "http://gateway.example:8080/menu/",
            }
        ],
    }


@pytest.mark.parametrize(
    ("location", "member", "selector", "url"),
    [
        ("header", "headers", [{"name": "v", "value": "v2"}], "http://gateway.example:8080/menu/"),
        ("url-param", "query_parameters", [{"name": "v", "value": "v2"}], "http://gateway.example:8080/menu/?v=v2"),
        ("url", "endpoint_path", "v2", "http://gateway.example:8080/menu/v2/"),
    ],
)
def test_addresses_of_a_version(client: APIClient, location: str, member: str, selector: Any, url: str) -> None:
    family(client)
    sent = client.get(f"{URL}/menu").json()
    sent["x-tyk-api-gateway"]["info"]["versioning"] |= {"location": location, "key": "v"}
    client.put(f"{URL}/menu", sent)
    first, own = client.get(f"{URL}/menu-2/urls").json()["urls"]
    assert (first[member], first["url"]) == (selector, url)
    assert own["url"] == "http://gateway.example:8080/two/"
    sent["x-tyk-api-gateway"]["info"]["versioning"]["default"] = "v2"
    client.put(f"{URL}/menu", sent)
    assert len(urls(client, "menu-2")) == 3
    assert len(urls(client, "menu")) == 1


def test_a_domain_of_its_own(client: APIClient) -> None:
    sent = named("menu")
    sent["x-tyk-api-gateway"]["server"] |= {
        "customDomain": {"enabled": True, "name": "menu.example"},
        "protocol": "https",
        "port": 443,
    }
    client.post(URL, sent)
    assert urls(client, "menu") == ["https://menu.example/menu/"]


@pytest.mark.parametrize("path", ["/rebase/", "/"])
def test_a_version_becomes_the_base(client: APIClient, path: str) -> None:
    family(client)
    answer = client.patch(f"{URL}/menu{path}menu-3")
    assert answer.json() == {"Status": "OK", "Message": "API converted successfully", "Meta": None}
    assert told(client) is None
    assert told(client, "menu-3") == {
        "enabled": True,
        "name": "v3",
        "default": "v1",
        "location": "header",
        "key": "x-tyk-version",
        "versions": [{"name": "v1", "id": "menu"}, {"name": "v2", "id": "menu-2"}],
    }
    assert {api.api_id: api.base and api.base.api_id for api in Api.objects.all()} == {
        "menu": "menu-3",
        "menu-2": "menu-3",
        "menu-3": None,
    }


def test_what_is_not_rebased(client: APIClient) -> None:
    family(client)
    make(client, "alone", "/alone/")
    make(client, "b", "/b/")
    make(client, "b-2", "/b2/", query="?base_api_id=b&base_api_version_name=v1&new_version_name=v2")
    for current, following, expected in (
        ("none", "menu-2", (404, "Could not retrieve current base API")),
        ("menu", "none", (404, "Could not retrieve next base API")),
        ("alone", "menu-2", (400, "current-base-apiId must be a base API")),
        ("menu-2", "menu-3", (400, "current-base-apiId must be a base API")),
        ("menu", "alone", (400, "next-base-apiId must be a child API")),
        ("menu", "b-2", (400, "next-base-apiId must be a child of current-base-apiId")),
    ):
        assert refusal(client.patch(f"{URL}/{current}/rebase/{following}")) == expected


def test_a_version_that_is_deleted_is_forgotten_by_its_base(client: APIClient) -> None:
    family(client)
    sent = client.get(f"{URL}/menu").json()
    sent["x-tyk-api-gateway"]["info"]["versioning"]["default"] = "v2"
    client.put(f"{URL}/menu", sent)
    assert client.delete(f"{URL}/menu-2").status_code == 200
    assert told(client)["versions"] == [{"name": "v3", "id": "menu-3"}]
    assert told(client)["default"] == "self"


def test_a_base_that_is_deleted_frees_its_versions(client: APIClient) -> None:
    family(client)
    assert client.delete(f"{URL}/menu").status_code == 200
    assert {api.api_id: api.base_id for api in Api.objects.all()} == {"menu-2": None, "menu-3": None}


def test_purge_takes_them_along(client: APIClient) -> None:
    family(client)
    make(client, "alone", "/alone/")
    assert client.delete(f"{URL}/menu?purge=true").status_code == 200
    assert [api.api_id for api in Api.objects.all()] == ["alone"]


def test_purge_does_not_delete_what_belongs_to_others(
    client: APIClient, rest: Rest, organisation_a: Organisation, alice: User, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    member = UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})
    family(client)
    set_owners(api=Api.objects.get(api_id="menu-2"), users=[alice])
    assert refusal(rest(member).delete(f"{URL}/menu?purge=true")) == (401, "Not authorised")
    assert Api.objects.count() == 3


def test_a_version_that_the_base_does_not_list_any_more_stands_alone(client: APIClient) -> None:
    family(client)
    sent = client.get(f"{URL}/menu").json()
    del sent["x-tyk-api-gateway"]["info"]["versioning"]["versions"][0]
    client.put(f"{URL}/menu", sent)
    assert {api.api_id for api in Api.objects.filter(base=None)} == {"menu", "menu-2"}
