"""APIs that are kept as documents, over REST: made, read, changed, deleted, exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.test import Client
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.audit.models import AuditRecord
from apps.users.models import User
from tests.apis.oas.documents import ANSWER, document, extension, part, plain
from tests.contracts import error

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/apis/oas"
YAML = "application/x-yaml"


def named(api_id: str = "", path: str = "/menu/", name: str = "Menu", **blocks: Any) -> dict[str, Any]:
    """A document with a name, a path and, if it is given, a public id."""
    info = {"name": name, "state": {"active": True}, **({"id": api_id} if api_id else {})}
    return document(info=info, server={"listenPath": {"value": path, "strip": True}}, **blocks)


def make(client: APIClient, *given: Any, query: str = "", **more: Any) -> dict[str, Any]:
    """Make an API; gives the answer."""
    answer = client.post(f"{URL}{query}", named(*given, **more))
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def test_it_is_made_read_by_either_id_replaced_and_deleted(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = make(client)
    assert made == {"Status": "OK", "Message": "API created", "Meta": made["Meta"], "ID": made["ID"]}
    assert (len(made["Meta"]), len(made["ID"])) == (24, 32)
    read = client.get(f"{URL}/{made['ID']}")
    sent = named()
    ids = {"id": made["ID"], "dbId": made["Meta"], "orgId": alice.organisation_id}
    sent["x-tyk-api-gateway"]["info"] |= ids
    assert read.json() == sent
    assert list(read.json()) == list(sent)
    assert read["Content-Type"] == "application/json; charset=utf-8"
    assert client.get(f"{URL}/{made['Meta']}/").json() == sent
    sent["info"]["title"] = "Other"
    changed = client.put(f"{URL}/{made['Meta']}?accept_additional_properties=true", sent)
    assert changed.json() == {"Status": "OK", "Message": "API updated", "Meta": None}
    assert client.get(f"{URL}/{made['ID']}").json() == sent
    assert client.delete(f"{URL}/{made['ID']}").json() == {"Status": "OK", "Message": "API deleted", "Meta": None}
    assert refusal(client.get(f"{URL}/{made['ID']}")) == (400, "Could not retrieve API detail")


def test_the_public_id_of_the_document_is_kept_and_no_other(rest: Rest, alice: User) -> None:
    client = rest(alice)
    sent = named("menu/1")
    sent["x-tyk-api-gateway"]["info"] |= {"dbId": "f" * 24, "orgId": "e" * 24}
    made = client.post(URL, sent).json()
    assert made["ID"] == "menu/1"
    assert made["Meta"] != "f" * 24
    info = client.get(f"{URL}/{made['Meta']}").json()["x-tyk-api-gateway"]["info"]
    assert part(info, "id", "dbId", "orgId") == {
        "id": "menu/1",
        "dbId": made["Meta"],
        "orgId": alice.organisation_id,
    }
    assert refusal(client.post(URL, named("menu/1", "/other/"))) == (409, "Found API with the same ID")
    assert refusal(client.post(URL, named("menu-2"))) == (403, "Found API with same url")


def test_lists_have_the_document_and_what_gateways_read_beside_it(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = make(client, "menu", name="Menu #1")
    (wrapper,) = client.get("/api/apis?p=-2").json()["apis"]
    assert wrapper["oas"] == client.get(f"{URL}/menu").json()
    expected = {"id": made["Meta"], "api_id": "menu", "name": "Menu #1", "is_oas": True, "do_not_track": True}
    assert part(wrapper["api_definition"], *expected) == expected
    assert wrapper["api_definition"]["proxy"]["listen_path"] == "/menu/"
    assert wrapper["categories"] == []


def test_a_new_document_gives_a_new_definition(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    counted = {"global": {"trafficLogs": {"enabled": True}}}
    assert client.put(f"{URL}/menu", named("menu", "/new/", middleware=counted)).status_code == 200
    api = Api.objects.get()
    assert (api.definition["do_not_track"], api.route) == (False, "/new")


def test_categories_and_owners_stand_beside_the_document(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    set_owners(api=Api.objects.get(), users=[alice])
    told = client.put(f"{URL}/menu/categories", {"categories": ["dev", " ", "testers ", "dev"]})
    assert told.json() == {"Status": "OK", "Message": "API categories updated", "Meta": None}
    client.put(f"{URL}/menu", named("menu"))
    client.patch(f"{URL}/menu", plain())
    assert client.get(f"{URL}/menu/categories/").json() == {"categories": ["dev", "testers"]}
    assert client.get("/api/apis/menu/access").json()["userIds"] == [alice.pk]
    assert client.get("/api/apis/categories").json()["categories"] == [
        {"name": "dev", "count": 1},
        {"name": "testers", "count": 1},
    ]
    assert client.put(f"{URL}/menu/categories", {"categories": None}).status_code == 200
    assert client.get(f"{URL}/menu/categories").json() == {"categories": []}


@pytest.mark.parametrize("body", [{"categories": "dev"}, {"categories": [1]}, {}])
def test_categories_that_are_none(rest: Rest, alice: User, body: Any) -> None:
    client = rest(alice)
    make(client, "menu")
    status, _ = refusal(client.put(f"{URL}/menu/categories", body))
    assert status == 400


def test_it_is_read_and_written_as_yaml(rest: Rest, alice: User) -> None:
    client = rest(alice)
    text = yaml.safe_dump(named("menu"))
    assert client.generic("POST", URL, text, content_type=YAML).json()["ID"] == "menu"
    answer = client.get(f"{URL}/menu", headers={"content-type": YAML})
    assert answer["Content-Type"] == f"{YAML}; charset=utf-8"
    assert yaml.safe_load(answer.content) == client.get(f"{URL}/menu").json()
    assert client.generic("PUT", f"{URL}/menu", answer.content, content_type=YAML).status_code == 200


def test_the_documented_refusals(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    needed = "The payload should contain x-tyk-api-gateway"
    assert refusal(client.generic("POST", URL, "")) == (400, "Couldn't read body")
    status, message = refusal(client.generic("POST", URL, "{"))
    assert (status, message.partition(":")[0]) == (400, "Couldn't read body")
    for call in (client.put, client.patch, client.delete):
        assert refusal(call(f"{URL}/none", named()))[0] == 404
    assert refusal(client.put(f"{URL}/none", named())) == (404, "API definition does not exist")
    assert refusal(client.patch(f"{URL}/none", plain())) == (404, "API not found")
    assert refusal(client.delete(f"{URL}/none")) == (404, "Could not retrieve API detail")
    assert refusal(client.post(URL, plain())) == (400, needed)
    assert refusal(client.put(f"{URL}/menu", plain())) == (400, needed)
    assert refusal(client.put(f"{URL}/menu", {})) == (400, needed)
    assert refusal(client.put(f"{URL}/menu", named("other"))) == (400, "Invalid `ID` value")
    assert client.put(f"{URL}/menu", named()).status_code == 200
    assert refusal(client.patch(f"{URL}/menu", named()))[0] == 400
    make(client, "other", "/other/")
    assert refusal(client.put(f"{URL}/menu", named("menu", "/other"))) == (403, "Found API with same url")
    for path in ("categories", "urls", "versions"):
        assert refusal(client.get(f"{URL}/none/{path}")) == (404, "API not found")
    assert refusal(client.get(f"{URL}/none/export")) == (400, "Could not retrieve API detail")


def test_a_document_that_is_not_valid_is_not_kept_and_its_place_is_told(rest: Rest, alice: User) -> None:
    client = rest(alice)
    sent = named("menu")
    sent["paths"] = {"/menu": {"get": {}}}
    assert refusal(client.post(URL, sent)) == (400, 'paths./menu.get: "responses" is a required property')
    assert refusal(client.post(URL, named("menu", "menu"))) == (
        400,
        "x-tyk-api-gateway.server.listenPath.value: must begin with a slash",
    )
    assert not Api.objects.exists()
    assert not AuditRecord.objects.filter(action="Create API", status=200).exists()


def test_a_classic_api_is_none_here(rest: Rest, alice: User) -> None:
    client = rest(alice)
    definition = {"name": "Old", "proxy": {"listen_path": "/old/", "target_url": "http://old.example"}}
    made = client.post("/api/apis", {"api_definition": definition}).json()
    assert refusal(client.get(f"{URL}/{made['ID']}")) == (400, "Could not retrieve API detail")
    assert refusal(client.put(f"{URL}/{made['ID']}", named())) == (404, "API definition does not exist")


def test_sync_tools_delete_it_where_classic_apis_are(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = make(client, "menu")
    assert client.delete(f"/api/apis/{made['Meta']}").status_code == 200
    assert not Api.objects.exists()


def test_export_is_a_file(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    kept = client.get(f"{URL}/menu").json()
    answer = client.get(f"{URL}/menu/export", headers={"accept": "application/json"})
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="oas-menu.json"',
    )
    assert json.loads(answer.content) == kept
    public = client.get(f"{URL}/menu/export?mode=public&Content-Type={YAML}")
    assert public["Content-Disposition"] == 'attachment; filename="oas-menu.yaml"'
    del kept["x-tyk-api-gateway"]
    assert yaml.safe_load(public.content) == kept
    assert yaml.safe_load(client.get(f"{URL}/menu/export?mode=public", headers={"content-type": YAML}).content) == kept
    assert client.get(f"{URL}/menu?mode=public").json() == kept
    assert json.loads(client.get(f"{URL}/export?mode=public").content) == [kept]


def test_tracked_endpoints_are_told_to_gateways(rest: Rest, alice: User) -> None:
    client = rest(alice)
    operations = {"listMenu": {"trackEndpoint": {"enabled": True}}, "order": {"doNotTrackEndpoint": {"enabled": True}}}
    sent = named("menu", middleware={"operations": operations})
    sent["paths"]["/menu"]["post"] = {"operationId": "order", "responses": ANSWER}
    assert client.post(URL, sent).status_code == 200
    version = Api.objects.get().served_definition["version_data"]["versions"][""]
    assert version["extended_paths"] == {
        "track_endpoints": [{"disabled": False, "path": "/menu", "method": "GET"}],
        "do_not_track_endpoints": [{"disabled": False, "path": "/menu", "method": "POST"}],
    }


def test_paths_that_differ_by_a_final_slash_are_both_kept(rest: Rest, alice: User) -> None:
    client = rest(alice)
    sent = named("menu")
    sent["paths"]["/menu/"] = {"get": {"operationId": "other", "responses": ANSWER}}
    assert client.post(URL, sent).status_code == 200
    assert list(client.get(f"{URL}/menu").json()["paths"]) == ["/menu", "/menu/"]


def test_the_log_keeps_the_document_and_not_twice(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    client.put(f"{URL}/menu", named("menu", name="Renamed"))
    record = AuditRecord.objects.filter(action="Update API").latest("pk")
    assert "document" in json.dumps(record.diff)
    assert "do_not_track" not in json.dumps(record.diff)


def test_the_staff_site_changes_the_document(
    rest: Rest, alice: User, dora: User, browser_of: Callable[[User], Client]
) -> None:
    client = rest(alice)
    made = make(client, "menu")
    answer = browser_of(dora).post(f"/staff/apis/api/{made['Meta']}/change/", {"name": "Renamed"})
    assert answer.status_code == 302
    info = client.get(f"{URL}/menu").json()["x-tyk-api-gateway"]["info"]
    assert (info["name"], info["state"]) == ("Renamed", {"active": False})
    (wrapper,) = client.get("/api/apis").json()["apis"]
    assert part(wrapper["api_definition"], "name", "active") == {"name": "Renamed", "active": False}


def test_a_classic_definition_is_not_taken_for_it(rest: Rest, alice: User) -> None:
    client = rest(alice)
    make(client, "menu")
    status, message = refusal(client.put("/api/apis/menu", {"api_definition": extension()}))
    assert (status, "/api/apis/oas" in message) == (400, True)
