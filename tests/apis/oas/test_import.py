"""What is made of a plain OpenAPI document: imported, patched, tried out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.users.models import User
from tests.apis.oas.documents import ANSWER, JSON_BODY, document, plain
from tests.contracts import error
from tests.factories import ApiTemplateFactory, UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/apis/oas"
SERVERS = [{"url": "https://{host}/v1", "variables": {"host": {"default": "menu.example"}}}]
GATEWAY = "http://gateway.example:8080"
EXAMPLE = {"content": {"application/json": {"example": {"a": 1}}}}
PATHS = {
    "/menu": {
        "get": {"operationId": "listMenu", "responses": ANSWER},
        "post": {"requestBody": JSON_BODY, "responses": {"200": {"description": "Fine", **EXAMPLE}}},
    },
    "/menu/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"responses": ANSWER},
    },
}


@pytest.fixture(autouse=True)
def gateway(settings: Settings) -> None:
    settings.GATEWAY_URL = f"{GATEWAY}/"


def sent(**members: Any) -> dict[str, Any]:
    return {**plain(PATHS), "servers": SERVERS, **members}


def imported(client: APIClient, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    """Import a document; gives what is kept of it."""
    answer = client.post(f"{URL}/import?{urlencode(query)}", sent() if body is None else body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["Message"] == "API created"
    kept: dict[str, Any] = client.get(f"{URL}/{answer.json()['ID']}").json()
    return kept


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def operations(kept: dict[str, Any]) -> Any:
    return kept["x-tyk-api-gateway"].get("middleware", {}).get("operations", {})


def test_a_plain_import_counts_requests_and_switches_nothing_else_on(rest: Rest, alice: User) -> None:
    kept = imported(rest(alice))
    extension = kept["x-tyk-api-gateway"]
    info = extension.pop("info")
    assert (info["name"], info["state"], len(info["id"])) == ("Menu", {"active": True}, 32)
    assert extension == {
        "upstream": {"url": "https://menu.example/v1"},
        "server": {"listenPath": {"value": "/", "strip": True}},
        "middleware": {"global": {"contextVariables": {"enabled": True}, "trafficLogs": {"enabled": True}}},
    }
    assert kept["servers"] == [{"url": f"{GATEWAY}/"}, *SERVERS]
    assert kept["paths"] == PATHS
    assert Api.objects.get().definition["do_not_track"] is False


def test_paths_upstream_domain_and_id_are_said(rest: Rest, alice: User) -> None:
    query = {"listenPath": "/here/", "upstreamURL": "http://u.example", "customDomain": "d.example", "apiID": "mine"}
    extension = imported(rest(alice), **query)["x-tyk-api-gateway"]
    assert extension["info"]["id"] == "mine"
    assert extension["upstream"] == {"url": "http://u.example"}
    assert extension["server"] == {
        "listenPath": {"value": "/here/", "strip": True},
        "customDomain": {"enabled": True, "name": "d.example"},
    }


@pytest.mark.parametrize("servers", [[], [{"url": "/v1"}], [{"url": "//menu.example"}], None])
def test_without_an_upstream_it_is_refused(rest: Rest, alice: User, servers: Any) -> None:
    body = plain(PATHS, **({} if servers is None else {"servers": servers}))
    url = servers[0]["url"] if servers else "/"
    asked = f'Please update "{url}" to be a valid url or pass a valid url with upstreamURL query param'
    assert refusal(rest(alice).post(f"{URL}/import", body)) == (
        400,
        f"error validating servers entry in OAS: {asked}",
    )
    assert imported(rest(alice), body, upstreamURL="http://u.example")


def test_an_address_of_the_gateway_is_no_upstream(rest: Rest, alice: User) -> None:
    client = rest(alice)
    kept = imported(client, sent(servers=[{"url": f"{GATEWAY}/was/"}, {"url": "http://u.example"}]))
    assert kept["servers"] == [{"url": f"{GATEWAY}/was/"}, {"url": "http://u.example"}]
    assert kept["x-tyk-api-gateway"]["server"]["listenPath"]["value"] == "/was/"
    assert kept["x-tyk-api-gateway"]["upstream"]["url"] == "http://u.example"


def test_what_is_exported_publicly_is_imported_as_it_was(rest: Rest, alice: User) -> None:
    client = rest(alice)
    first = imported(client, listenPath="/here/")
    api_id = first["x-tyk-api-gateway"]["info"]["id"]
    public = json.loads(client.get(f"{URL}/{api_id}/export?mode=public").content)
    client.delete(f"{URL}/{api_id}")
    again = imported(client, public, apiID=api_id)
    for one in (first, again):
        del one["x-tyk-api-gateway"]["info"]["dbId"]
    assert again == first


def test_switches_put_blocks_on_the_operations_that_fit(rest: Rest, alice: User) -> None:
    kept = imported(rest(alice), allowList="true", validateRequest="true", mockResponse="true")
    on, checks = {"enabled": True}, {"enabled": True, "errorResponseCode": 422}
    assert operations(kept) == {
        "listMenu": {"allow": on},
        "menupost": {"allow": on, "validateRequest": checks, "mockResponse": {**on, "fromOASExamples": on}},
        "menu/{id}get": {"allow": on, "validateRequest": checks},
    }
    assert kept["paths"]["/menu"]["post"]["operationId"] == "menupost"
    assert kept["paths"]["/menu/{id}"]["get"]["operationId"] == "menu/{id}get"
    allowed = Api.objects.get().definition["version_data"]["versions"][""]["extended_paths"]["white_list"]
    assert [(one["path"], one["method"]) for one in allowed] == [
        ("/menu", "GET"),
        ("/menu", "POST"),
        ("/menu/{id}", "GET"),
    ]


def test_false_imports_nothing(rest: Rest, alice: User) -> None:
    kept = imported(
        rest(alice), allowList="false", validateRequest="false", mockResponse="false", authentication="false"
    )
    assert operations(kept) == {}
    assert "authentication" not in kept["x-tyk-api-gateway"]["server"]


@pytest.mark.parametrize("name", ["allowList", "validateRequest", "mockResponse", "authentication"])
def test_a_switch_is_true_or_false(rest: Rest, alice: User, name: str) -> None:
    status, message = refusal(rest(alice).post(f"{URL}/import?{name}=perhaps", sent()))
    assert (status, message) == (400, f"{name}: Must be a valid boolean")


SCHEMES = {
    "token": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
}
HEADER = {"enabled": True, "header": {"enabled": True, "name": "Authorization"}}


@pytest.mark.parametrize(
    ("names", "settings_", "provider"),
    [
        (["token"], {"token": {"enabled": True}}, None),
        (["jwt"], {"jwt": HEADER}, None),
        (["basic"], {"basic": HEADER}, None),
        (["oauth"], {"oauth": HEADER}, None),
        (["token", "basic"], {"token": {"enabled": True}, "basic": HEADER}, "auth_token"),
        (["jwt", "basic"], {"jwt": HEADER, "basic": HEADER}, "jwt_claim"),
    ],
)
def test_authentication_is_built_from_the_first_requirement(
    rest: Rest, alice: User, names: list[str], settings_: Any, provider: str | None
) -> None:
    security = [{name: [] for name in names}, {"basic": []}]
    body = sent(components={"securitySchemes": SCHEMES}, security=security)
    block = imported(rest(alice), body, authentication="true")["x-tyk-api-gateway"]["server"]["authentication"]
    told = {"baseIdentityProvider": provider} if provider else {}
    assert block == {"enabled": True, "securitySchemes": settings_, **told}
    assert Api.objects.get().definition["use_keyless"] is False


@pytest.mark.parametrize(
    ("members", "place"),
    [({}, "security: "), ({"security": [{}]}, "security: "), ({"security": [{"no": []}]}, "security.0.no: ")],
)
def test_authentication_that_the_document_does_not_say(rest: Rest, alice: User, members: Any, place: str) -> None:
    status, message = refusal(rest(alice).post(f"{URL}/import?authentication=true", sent(**members)))
    assert (status, message.startswith(place)) == (400, True)


def test_an_extension_is_refused(rest: Rest, alice: User) -> None:
    says = "The import payload should not contain x-tyk-api-gateway"
    assert refusal(rest(alice).post(f"{URL}/import", document())) == (400, says)


@pytest.mark.parametrize("name", ["templateID", "templateId"])
@pytest.mark.parametrize("path", ["", "/import", "/dry-run"])
def test_a_template_that_is_not_there(rest: Rest, alice: User, path: str, name: str) -> None:
    body = document() if not path else {"oas": sent()} if path == "/dry-run" else sent()
    if (path, name) != ("", "templateId"):
        assert refusal(rest(alice).post(f"{URL}{path}?{name}=none", body))[0] == 400


TEMPLATE = {
    "tags": [{"name": "kept"}],
    "paths": {"/health": {"get": {"operationId": "health", "responses": ANSWER}}},
    "x-tyk-api-gateway": {
        "info": {"name": "Template", "state": {"active": False}},
        "upstream": {"url": "http://template.example"},
        "middleware": {"global": {"skipQuota": True, "trafficLogs": {"tagHeaders": ["X-Team"]}}},
    },
}


def test_an_import_is_merged_over_a_template(rest: Rest, alice: User) -> None:
    template = ApiTemplateFactory(organisation=alice.organisation, document=TEMPLATE)
    kept = imported(rest(alice), plain(PATHS), templateID=template.pk, listenPath="/here/")
    extension = kept["x-tyk-api-gateway"]
    assert (extension["info"]["name"], extension["info"]["state"]) == ("Menu", {"active": False})
    assert extension["upstream"] == {"url": "http://template.example"}
    assert extension["server"]["listenPath"] == {"value": "/here/", "strip": True}
    assert extension["middleware"]["global"] == {
        "contextVariables": {"enabled": True},
        "trafficLogs": {"enabled": True, "tagHeaders": ["X-Team"]},
        "skipQuota": True,
    }
    assert list(kept["paths"]) == ["/health", *PATHS]
    shown = rest(alice).post(
        f"{URL}/dry-run?templateId={template.template_id}&upstreamURL=http://o.example", {"oas": sent()}
    )
    assert shown.json()["x-tyk-api-gateway"]["upstream"] == {"url": "http://o.example"}
    assert shown.json()["tags"] == TEMPLATE["tags"]


def test_a_new_document_is_merged_over_a_template(rest: Rest, alice: User) -> None:
    template = ApiTemplateFactory(organisation=alice.organisation, document=TEMPLATE)
    client = rest(alice)
    made = client.post(f"{URL}?templateID={template.template_id}", document()).json()
    kept = client.get(f"{URL}/{made['ID']}").json()
    assert kept["x-tyk-api-gateway"]["info"]["state"] == {"active": True}
    assert kept["x-tyk-api-gateway"]["middleware"] == TEMPLATE["x-tyk-api-gateway"]["middleware"]


def test_templates_are_for_who_may_see_them(rest: Rest, alice: User) -> None:
    template = ApiTemplateFactory(organisation=alice.organisation, document=TEMPLATE)
    member = UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"})
    answer = rest(member).post(f"{URL}?templateID={template.template_id}", document())
    assert refusal(answer) == (403, "The user does not have the rights to apply templates")


# patched ------------------------------------------------------------------------------------------


def patched(client: APIClient, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    api = Api.objects.get()
    answer = client.patch(f"{URL}/{api.api_id}?{urlencode(query)}", sent() if body is None else body)
    assert (answer.status_code, answer.json()["Message"]) == (200, "API updated"), answer.content
    kept: dict[str, Any] = client.get(f"{URL}/{api.api_id}").json()
    return kept


def test_a_patch_takes_the_document_and_leaves_the_extension(rest: Rest, alice: User) -> None:
    client = rest(alice)
    before = imported(client, listenPath="/here/", customDomain="d.example", allowList="true")
    other = plain({"/other": {"get": {"responses": ANSWER}}}, servers=[{"url": "http://elsewhere.example"}])
    after = patched(client, other)
    assert after["x-tyk-api-gateway"] == before["x-tyk-api-gateway"]
    assert list(after["paths"]) == ["/other"]
    assert after["servers"] == [{"url": f"{GATEWAY}/here/"}, {"url": "http://elsewhere.example"}]


def test_a_patch_changes_what_is_asked(rest: Rest, alice: User) -> None:
    client = rest(alice)
    imported(client, listenPath="/here/", allowList="true")
    query = {"listenPath": "/there/", "upstreamURL": "http://n.example", "customDomain": "n.example"}
    after = patched(client, allowList="false", validateRequest="true", **query)
    extension = after["x-tyk-api-gateway"]
    assert extension["upstream"]["url"] == "http://n.example"
    assert extension["server"]["listenPath"] == {"value": "/there/", "strip": True}
    assert extension["server"]["customDomain"] == {"enabled": True, "name": "n.example"}
    assert {settings["allow"]["enabled"] for settings in operations(after).values()} == {False}
    assert "validateRequest" in operations(after)["menupost"]
    assert after["servers"][0] == {"url": f"{GATEWAY}/there/"}


def test_authentication_is_switched_off_again(rest: Rest, alice: User) -> None:
    client = rest(alice)
    body = sent(components={"securitySchemes": SCHEMES}, security=[{"token": []}])
    imported(client, body, authentication="true")
    block = patched(client, body, authentication="false")["x-tyk-api-gateway"]["server"]["authentication"]
    assert block == {"enabled": False, "securitySchemes": {"token": {"enabled": True}}}


# tried out ----------------------------------------------------------------------------------------


def test_a_dry_run_stores_nothing(rest: Rest, alice: User) -> None:
    client = rest(alice)
    shown = client.post(f"{URL}/dry-run?allowList=true&listenPath=/x/", {"oas": sent()}).json()
    assert not Api.objects.exists()
    kept = imported(client, allowList="true", listenPath="/x/")
    for name in ("id", "dbId", "orgId"):
        del kept["x-tyk-api-gateway"]["info"][name]
    assert shown == kept


def test_a_dry_run_of_a_whole_document(rest: Rest, alice: User) -> None:
    client = rest(alice)
    given = document()
    shown = client.post(f"{URL}/dry-run?upstreamURL=http://n.example", {"tyk_oas": given, "oas": sent()}).json()
    given["x-tyk-api-gateway"]["upstream"]["url"] = "http://n.example"
    assert shown == given


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "Couldn't read body"),
        ({"oas": "text"}, "Couldn't read body"),
        ({"oas": {}}, "openapi: must be"),
        ({"oas": {**plain(), "x-tyk-api-gateway": {}}}, "The import payload should not contain"),
        ({"tyk_oas": plain()}, "The payload should contain x-tyk-api-gateway"),
    ],
)
def test_what_a_dry_run_refuses(rest: Rest, alice: User, body: Any, says: str) -> None:
    status, message = refusal(rest(alice).post(f"{URL}/dry-run", body))
    assert (status, message.startswith(says)) == (400, True)
