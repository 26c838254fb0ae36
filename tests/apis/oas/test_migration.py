"""Classic APIs that become documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.oas.compiling import definition_of
from apps.apis.oas.from_classic import document_of, left_out
from apps.apis.oas.validation import check_document
from apps.users.models import User
from tests.apis.oas.documents import part
from tests.apis.oas.test_endpoints import ON, paths
from tests.apis.oas.test_rest import make, refusal

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/apis/migrate"
PROXY = {"listen_path": "/old/", "target_url": "http://old.example", "strip_listen_path": True}


def classic(lists: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    version = {"name": "Default", "use_extended_paths": True, "extended_paths": lists or {}}
    data = {"not_versioned": True, "default_version": "", "versions": {"Default": version}}
    return {"name": "Old", "active": True, "use_keyless": True, "proxy": PROXY, "version_data": data, **more}


def lists_of(document: dict[str, Any]) -> Any:
    return definition_of(document)["version_data"]["versions"][""]["extended_paths"]


SETTINGS: dict[str, Any] = {
    "allow": {"ignoreCase": True}, "block": {}, "ignoreAuthentication": {}, "internal": {}, "trackEndpoint": {},
    "doNotTrackEndpoint": {}, "transformRequestMethod": {"toMethod": "POST"},
    "transformRequestBody": {"format": "json", "body": "e30="}, "transformResponseBody": {"format": "xml", "path": "t"},
    "transformRequestHeaders": {"remove": ["A"], "add": [{"name": "B", "value": "b"}]},
    "transformResponseHeaders": {"remove": ["A"], "add": [{"name": "B", "value": "b"}]},
    "cache": {"cacheByRegex": "x", "cacheResponseCodes": [200], "timeout": 5}, "enforceTimeout": {"value": 3},
    "virtualEndpoint": {"functionName": "f", "body": "Yg==", "proxyOnError": True},
    "circuitBreaker": {"threshold": 0.5, "sampleSize": 10, "coolDownPeriod": 60, "halfOpenStateEnabled": True},
    "requestSizeLimit": {"value": 100}, "rateLimit": {"rate": 10, "per": "1m"},
    "urlRewrite": {"pattern": "(.*)", "rewriteTo": "/b", "triggers": [
        {"condition": "all", "rewriteTo": "/c", "rules": [
            {"in": "query", "name": "q", "pattern": "1", "negate": True}, {"in": "requestBody", "pattern": "2"}]}]},
}  # fmt: skip


@pytest.mark.parametrize("block", SETTINGS)
def test_what_one_endpoint_does_goes_there_and_back(block: str) -> None:
    lists = paths({"listMenu": {block: {**ON, **SETTINGS[block]}}})
    document = document_of(classic(lists))
    check_document(document, "oas")
    assert lists_of(document) == lists
    assert left_out(classic(lists), document) == []


AUTH = {"auth_header_name": "Authorization", "name": "", "use_param": False}


TOKEN = {**AUTH, "use_cookie": True, "cookie_name": "c"}
BALANCED = {**PROXY, "enable_load_balancing": True, "target_list": ["http://a", "http://a", "http://b"]}


@pytest.mark.parametrize(
    "said",
    [
        {"use_standard_auth": True, "auth_configs": {"authToken": TOKEN}},
        {"use_standard_auth": True, "auth": {"auth_header_name": "X-Key"}},
        {"enable_jwt": True, "jwt_source": "s", "jwt_signing_method": "rsa", "jwt_default_policies": ["p"]},
        {"use_basic_auth": True, "basic_auth": {"cache_ttl": 5}, "auth_configs": {"basic": AUTH}},
        {"use_oauth2": True, "oauth_meta": {"allowed_access_types": ["client_credentials"]}},
        {"enable_signature_checking": True, "hmac_allowed_algorithms": ["hmac-sha256"]},
        {"use_keyless": True, "CORS": {"enable": True, "allowed_origins": ["*"], "max_age": 5}},
        {"use_keyless": True, "cache_options": {"enable_cache": True, "cache_response_codes": [200]}},
        {"use_keyless": True, "domain": "old.example", "tags": ["edge"], "allowed_ips": ["10.0.0.1"]},
        {"use_keyless": True, "global_rate_limit": {"rate": 5, "per": 60}, "disable_quota": True},
        {"use_keyless": True, "expire_analytics_after": 60, "tag_headers": ["X-Team"], "detailed_tracing": True},
        {"use_keyless": True, "upstream_certificates": {"a.example": "c"}, "pinned_public_keys": {"*": "a,b"}},
        {"use_keyless": True, "custom_middleware": {"pre": [{"name": "f", "path": "p.js"}], "driver": "otto"}},
        {"use_keyless": True, "config_data": {"a": 1}, "custom_middleware_bundle": "b.zip"},
        {"use_keyless": True, "proxy": {**BALANCED, "transport": {"ssl_min_version": 771, "proxy_url": "http://p"}}},
    ],
)
def test_what_an_api_does_goes_there_and_back(said: dict[str, Any]) -> None:
    definition = {**classic(use_keyless=False), **said}
    document = document_of(definition)
    check_document(document, "oas")
    assert left_out(definition, document) == []
    compiled = definition_of(document)
    assert compiled["use_keyless"] is said.get("use_keyless", False)
    assert compiled["do_not_track"] is False
    switches = {name: value for name, value in said.items() if value is True}
    assert part(compiled, *switches) == switches


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"uptime_tests": {"check_list": [{"url": "http://a"}]}}, ["uptime_tests.check_list"]),
        ({"something_new": {"a": 1}}, ["something_new.a"]),
        ({"event_handlers": {"events": {"AuthFailure": [{}]}}}, ["event_handlers"]),
    ],
)
def test_what_a_document_would_lose_is_named(said: dict[str, Any], names: list[str]) -> None:
    definition = classic(**said)
    assert left_out(definition, document_of(definition)) == names


def test_older_lists_become_answers_and_checks() -> None:
    reply = {"GET": {"action": "reply", "code": 418, "data": "tea", "headers": {"A": "b"}}}
    lists = {
        "white_list": [{"path": "/tea/{id}", "method_actions": reply}],
        "validate_json": [{"path": "/tea", "method": "POST", "schema": {"type": "object"}, "error_response_code": 400}],
        "transform_jq": [{"path": "/tea", "method": "GET", "filter": "."}],
    }
    document = document_of(classic(lists))
    check_document(document, "oas")
    operations = document["x-tyk-api-gateway"]["middleware"]["operations"]
    assert operations["tea/{id}get"] == {
        "allow": {"enabled": True},
        "mockResponse": {"enabled": True, "code": 418, "body": "tea", "headers": [{"name": "A", "value": "b"}]},
        "ignoreAuthentication": {"enabled": True},
    }
    assert operations["teapost"] == {"validateRequest": {"enabled": True, "errorResponseCode": 400}}
    assert left_out(classic(lists), document) == ["extended_paths.transform_jq"]


def add(client: APIClient, path: str = "/old/", name: str = "Old #team", **more: Any) -> dict[str, str]:
    definition = classic(name=name, **more) | {"proxy": {**PROXY, "listen_path": path}}
    answer: dict[str, str] = client.post("/api/apis", {"api_definition": definition}).json()
    assert answer["Status"] == "OK", answer
    return answer


def migrated(client: APIClient, mode: str, *ids: str, **more: Any) -> Any:
    answer = client.post(URL, {"mode": mode, **({"apiIDs": list(ids)} if ids else {"all": True}), **more})
    assert answer.status_code == 200, answer.content
    return answer.json()


NOTHING: dict[str, Any] = {
    "success": {"count": 0, "apiIDs": [], "stagedAPIs": [], "definitions": []},
    "failure": {"count": 0, "errors": []},
    "skipped": {"count": 0, "apis": []},
    "abortedOnFailure": False,
}


def test_it_is_tried_out(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = add(client)
    told = migrated(client, "dryRun")
    (definition,) = told["success"].pop("definitions")
    assert told == {**NOTHING, "success": {"count": 1, "apiIDs": [made["ID"]], "stagedAPIs": []}}
    assert (definition["apiID"], definition["versions"]) == (made["ID"], [])
    assert definition["baseAPI"]["x-tyk-api-gateway"]["info"]["name"] == "Old"
    assert Api.objects.get().is_classic


def test_it_is_staged_and_promoted(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = add(client)
    staged = f"staging-{made['ID']}"
    assert migrated(client, "promote", made["ID"])["skipped"]["apis"][0]["key"] == "not_staged"
    told = migrated(client, "stage", made["Meta"])
    assert told["success"]["stagedAPIs"] == [{"classicAPIID": made["ID"], "oasAPIID": staged}]
    copy = Api.objects.get(api_id=staged)
    assert (copy.name, copy.route, copy.categories) == ("[staged] Old", "/tyk-staging/old", ["team"])
    assert migrated(client, "stage", made["ID"])["skipped"]["apis"][0]["key"] == "already_staged"
    assert migrated(client, "stage", made["ID"], overrideStaged=True)["success"]["count"] == 1
    assert migrated(client, "promote", made["ID"])["success"]["apiIDs"] == [made["ID"]]
    api = Api.objects.get()
    assert (api.pk, api.api_id, api.kind, api.name, api.route) == (made["Meta"], made["ID"], "oas", "Old", "/old")
    assert client.get(f"/api/apis/oas/{made['ID']}").json()["x-tyk-api-gateway"]["info"]["dbId"] == made["Meta"]


def test_it_is_migrated_at_once_and_keeps_ids_and_categories(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = add(client)
    assert migrated(client, "direct", made["ID"])["success"]["count"] == 1
    api = Api.objects.get()
    assert (api.pk, api.api_id, api.kind, api.categories) == (made["Meta"], made["ID"], "oas", ["team"])
    assert migrated(client, "direct", made["ID"])["skipped"]["apis"][0]["key"] == "already_migrated"


def test_what_is_passed_over_and_what_fails(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    tcp = add(client, "/tcp/", "T", protocol="tcp", listen_port=5000)["ID"]
    graph = add(client, "/g/", "G", graphql={"enabled": True})["ID"]
    lossy = add(client, "/l/", "L", uptime_tests={"check_list": [{"url": "http://a"}]})["ID"]
    good = add(client, "/good/", "Good")["ID"]
    told = migrated(client, "direct", "menu", tcp, graph, lossy, good, "none")
    assert [one["key"] for one in told["skipped"]["apis"]] == ["already_migrated", "is_tcp", "is_graphql"]
    assert told["failure"] == {
        "count": 2,
        "errors": [
            {"apiID": "none", "message": ["API not found"]},
            {"apiID": lossy, "message": ["uptime_tests.check_list: an OpenAPI document cannot say it"]},
        ],
    }
    assert told["success"]["apiIDs"] == [good]


def test_a_failure_may_end_it(rest: Rest, alice: User) -> None:
    client = rest(alice)
    add(client, "/l/", "L", uptime_tests={"check_list": [{"url": "http://a"}]})
    add(client, "/good/", "Good")
    told = migrated(client, "direct", abortOnFailure=True)
    assert (told["abortedOnFailure"], told["success"]["count"], told["failure"]["count"]) == (True, 0, 1)


@pytest.mark.parametrize(
    "body",
    [{}, {"mode": "other", "all": True}, {"mode": "dryRun"}, {"mode": "dryRun", "all": True, "apiIDs": ["a"]}, []],
)
def test_bodies_that_say_no_such_thing(rest: Rest, alice: User, body: Any) -> None:
    assert refusal(rest(alice).post(URL, body))[0] == 400
