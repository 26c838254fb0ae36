"""APIs that are made with a template."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.models import Api
from apps.users.models import User
from tests.contracts.base import Rest
from tests.factories import ApiTemplateFactory, UserFactory

pytestmark = pytest.mark.django_db

EXTENSION = "x-tyk-api-gateway"
PLAIN: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Menu", "version": "1"},
    "servers": [{"url": "http://menu.example"}],
    "paths": {"/menu": {"get": {"operationId": "menu", "responses": {"200": {"description": "the menu"}}}}},
}
WHOLE = {
    **PLAIN,
    EXTENSION: {
        "info": {"name": "Menu", "state": {"active": True}},
        "server": {"listenPath": {"value": "/menu/", "strip": True}},
        "upstream": {"url": "http://menu.example"},
    },
}
STYLE: dict[str, Any] = {
    "servers": [{"url": "http://template.example"}],
    "tags": [{"name": "house"}],
    "paths": {"/health": {"get": {"operationId": "health", "responses": {"200": {"description": "well"}}}}},
    EXTENSION: {
        "info": {"name": "Template"},
        "server": {"listenPath": {"value": "/template/"}, "detailedActivityLogs": {"enabled": True}},
        "middleware": {"global": {"trafficLogs": {"enabled": False}, "cache": {"enabled": True, "timeout": 5}}},
    },
}


@pytest.fixture
def template(alice: User) -> ApiTemplate:
    made: ApiTemplate = ApiTemplateFactory(organisation=alice.organisation, template_id="house", document=STYLE)
    return made


def made_by(rest: Rest, person: User, url: str, body: Any) -> dict[str, Any]:
    answer = rest(person).post(url, body)
    assert answer.status_code == 200, answer.json()
    kept = answer.json()
    if "Meta" in kept:
        kept = rest(person).get(f"/api/apis/oas/{kept['Meta']}").json()
    kept[EXTENSION]["info"] = {name: kept[EXTENSION]["info"].get(name) for name in ("name", "state")}
    return kept  # type: ignore[no-any-return]


@pytest.mark.parametrize("which", ["pk", "template_id"])
def test_a_new_api_has_what_its_document_does_not_say(
    rest: Rest, alice: User, template: ApiTemplate, which: str
) -> None:
    query = f"templateID={getattr(template, which)}"
    dry = made_by(rest, alice, f"/api/apis/oas/dry-run?{query}", {"tyk_oas": WHOLE})
    kept = made_by(rest, alice, f"/api/apis/oas?{query}", WHOLE)
    assert dry == kept
    assert kept.pop(EXTENSION) == {
        "info": WHOLE[EXTENSION]["info"],
        "server": {"listenPath": {"value": "/menu/", "strip": True}, "detailedActivityLogs": {"enabled": True}},
        "upstream": {"url": "http://menu.example"},
        "middleware": STYLE[EXTENSION]["middleware"],
    }
    assert kept == {**PLAIN, "tags": STYLE["tags"], "paths": {**STYLE["paths"], **PLAIN["paths"]}}


@pytest.mark.parametrize("name", ["templateID", "templateId"])
def test_of_an_import_the_query_counts_before_the_template_and_that_before_what_is_usual(
    rest: Rest, alice: User, template: ApiTemplate, name: str
) -> None:
    query = f"{name}=house"
    dry = made_by(rest, alice, f"/api/apis/oas/dry-run?{query}", {"oas": PLAIN})
    kept = made_by(rest, alice, f"/api/apis/oas/import?{query}", PLAIN)
    assert dry == kept
    extension = kept[EXTENSION]
    assert extension["info"]["name"] == "Menu"
    assert extension["upstream"]["url"] == "http://menu.example"
    assert extension["server"]["listenPath"] == {"value": "/template/", "strip": True}
    assert extension["middleware"]["global"]["trafficLogs"] == {"enabled": False}
    assert extension["middleware"]["global"]["contextVariables"] == {"enabled": True}
    chosen = made_by(rest, alice, f"/api/apis/oas/import?{query}&listenPath=/chosen/", PLAIN)
    assert chosen[EXTENSION]["server"]["listenPath"]["value"] == "/chosen/"


CALLS = [
    ("/api/apis/oas", WHOLE),
    ("/api/apis/oas/import", PLAIN),
    ("/api/apis/oas/dry-run", {"oas": PLAIN}),
    ("/api/apis/oas/dry-run", {"tyk_oas": WHOLE}),
]


@pytest.mark.parametrize(("url", "body"), CALLS)
def test_a_template_that_one_may_not_use_or_that_is_not_there_is_refused(
    rest: Rest, alice: User, charlie: User, template: ApiTemplate, url: str, body: Any
) -> None:
    maker = UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"})
    told = "The user does not have the rights to apply templates"
    answer = rest(maker).post(f"{url}?templateID=house", body)
    assert (answer.status_code, answer.json()["Message"]) == (403, told)
    for person, either_id in ((alice, "nobody"), (charlie, "house"), (charlie, template.pk), (alice, "%00")):
        answer = rest(person).post(f"{url}?templateID={either_id}", body)
        assert answer.status_code == 400
        assert "There is no template with the ID" in answer.json()["Message"] or either_id == "%00"
    assert not Api.objects.exists()


def test_no_link_remains(rest: Rest, alice: User, template: ApiTemplate) -> None:
    before = made_by(rest, alice, "/api/apis/oas?templateID=house", WHOLE)
    pk = Api.objects.get().pk
    rest(alice).put("/api/assets/house", {"data": {"tags": [{"name": "other"}]}})
    rest(alice).delete("/api/assets/house")
    assert rest(alice).get(f"/api/apis/oas/{pk}").json()["tags"] == before["tags"]


def test_what_a_template_makes_of_a_document_must_be_valid(rest: Rest, alice: User, template: ApiTemplate) -> None:
    ApiTemplate.objects.update(document={"paths": {"/x": {"get": {"responses": 7}}}})
    answer = rest(alice).post("/api/apis/oas?templateID=house", WHOLE)
    assert answer.status_code == 400
    assert answer.json()["Message"].startswith("paths./x.get.responses")
    assert not Api.objects.exists()
