"""Templates: what every resource keeps, and what is particular about them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.html import escape

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.services import MayNotApply, UnknownTemplate, template_for
from apps.apis.api_templates.viewsets import ApiTemplateViewSet
from apps.apis.models import Api
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts import ResourceContract, error
from tests.contracts.base import BrowserOf, Rest
from tests.factories import ApiTemplateFactory, UserFactory

pytestmark = pytest.mark.django_db

PATH = "/api/assets"
EXTENSION = {"x-tyk-api-gateway": {"middleware": {"global": {"trafficLogs": {"enabled": True}}}}}
BODY = {"kind": "oas-template", "id": "house-style", "name": "House style", "description": "Ours", "data": EXTENSION}
NOT_AN_OBJECT = (422, "data: it must be an object")
UNREADABLE = (400, "error reading json body")


class TestApiTemplates(ResourceContract):
    """The contract, for templates, whose answers have a status word of their own."""

    viewset, factory = ApiTemplateViewSet, ApiTemplateFactory
    body = BODY
    changes = {"name": "Other style", "description": "Theirs", "data": {"tags": [{"name": "x"}], "a": {"Z": 1, "A": 2}}}
    form = {"name": "House style", "description": "Ours", "document": '{"tags": []}'}
    form_changes = {"name": "Other style", "document": "tags:\n- name: x\n"}
    refused = [
        ({"kind": "mystery"}, (422, "unsupported asset kind: 'mystery'")),
        ({"data": []}, NOT_AN_OBJECT),
        ({"data": "text"}, NOT_AN_OBJECT),
        ({"name": 7}, UNREADABLE),
        ({"id": "x" * 256}, UNREADABLE),
    ]
    id_member, stamps = "_id", frozenset({"last_updated"})
    pages, staff = "/templates/", "/staff/apis/apitemplate/"

    def made(self, row: Any) -> dict[str, Any]:
        return {"Status": "success", "Message": "asset created", "Meta": row.pk, "ID": row.template_id}

    def changed(self, row: Any) -> dict[str, Any]:
        return {"Status": "success", "Message": "asset updated", "Meta": row.pk, "ID": row.template_id}

    def deleted(self) -> dict[str, Any]:
        return {"Status": "success", "Message": "Asset removed successfully", "Meta": None}

    def audited_changes(self) -> set[str]:
        return {"name", "description", "document.tags"}


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def test_it_is_read_with_the_members_that_clients_know(rest: Rest, alice: User) -> None:
    made = rest(alice).post(PATH, {**BODY, "_id": "", "last_updated": "0001-01-01T00:00:00Z"})
    assert made.status_code == 201
    for either_id in (made.json()["Meta"], "house-style", "house-style/"):
        read = rest(alice).get(f"{PATH}/{either_id}").json()
        time = read.pop("last_updated")
        assert time.endswith("Z")
        assert not time.startswith("0001")
        assert read == {**BODY, "_id": made.json()["Meta"], "org_id": alice.organisation_id}


def test_an_internal_id_is_kept_if_it_is_free(rest: Rest, alice: User) -> None:
    assert rest(alice).post(PATH, {**BODY, "_id": "c" * 24}).json()["Meta"] == "c" * 24
    assert rest(alice).post(PATH, {**BODY, "_id": "c" * 24, "id": "b"}).json()["Meta"] != "c" * 24
    assert len(rest(alice).post(PATH, {**BODY, "_id": "no id", "id": ""}).json()["ID"]) == 32
    assert len(rest(alice).put(f"{PATH}/house-style", {"id": "", "_id": "d" * 24}).json()["Meta"]) == 24
    assert ApiTemplate.objects.filter(pk="c" * 24, template_id="house-style").exists()


def test_its_own_id_is_taken_once_in_an_organisation(rest: Rest, alice: User, charlie: User) -> None:
    other = ApiTemplateFactory(organisation=alice.organisation)
    for person in (alice, charlie):
        assert rest(person).post(PATH, BODY).status_code == 201
    told = (409, "Asset ID already exists: 'house-style'")
    assert refusal(rest(alice).post(PATH, BODY)) == told
    assert refusal(rest(alice).put(f"{PATH}/{other.pk}", {"id": "house-style"})) == told
    assert rest(alice).put(f"{PATH}/house-style", {"id": "new/style"}).json()["ID"] == "new/style"
    assert rest(alice).get(f"{PATH}/new/style").json()["name"] == "House style"


@pytest.mark.parametrize("left_out", ["kind", "data"])
def test_kind_and_data_must_be_there(rest: Rest, alice: User, left_out: str) -> None:
    body = {name: value for name, value in BODY.items() if name != left_out}
    told = {"kind": (422, "unsupported asset kind: ''"), "data": NOT_AN_OBJECT}
    assert refusal(rest(alice).post(PATH, body)) == told[left_out]


def test_the_list_is_of_one_kind(rest: Rest, alice: User) -> None:
    ApiTemplateFactory.create_batch(12, organisation=alice.organisation)
    for query in ("", "?kind=oas-template", "?kind=", "?p=2"):
        assert len(rest(alice).get(f"{PATH}{query}").json()) == 12
    assert refusal(rest(alice).get(f"{PATH}?kind=mystery")) == (400, "unsupported asset kind: 'mystery'")


def test_its_document_stays_as_it_came(rest: Rest, alice: User) -> None:
    sent = '{"kind": "oas-template", "id": "t", "data": {"z": 1.50, "a": null, "ø": [{}, []]}}'
    rest(alice).generic("POST", PATH, sent)
    assert '"data": {"z": 1.5, "a": null, "ø": [{}, []]}' in rest(alice).get(f"{PATH}/t").content.decode().replace(
        '":', '": '
    ).replace(",", ", ").replace("  ", " ")


# Pages


def form(**given: str) -> dict[str, str]:
    return {"name": "House style", "description": "Ours", "document": '{"tags": []}', **given}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"description": " "}, "This field is required."),
        ({"document": '{"a": 1, "a": 2}'}, "This cannot be read: a stands twice in one object."),
        ({"document": "a: 1\nb: [\n"}, "This cannot be read: line"),
        ({"document": "[]"}, "This cannot be read: it must be an object."),
    ],
)
def test_people_are_told_what_is_wrong(browser_of: BrowserOf, alice: User, given: Any, told: str) -> None:
    page = browser_of(alice).post("/templates/new/", form(**given)).content.decode()
    assert escape(told) in page
    assert not ApiTemplate.objects.exists()


def test_it_is_made_of_an_api_without_what_only_that_has(browser_of: BrowserOf, alice: User) -> None:
    info = {"id": "orders", "name": "Orders", "dbId": "5" * 24}
    document = {"openapi": "3.0.3", "x-tyk-api-gateway": {"info": info}}
    api = Api.objects.create(organisation=alice.organisation, name="Orders", kind=Api.Kind.OAS, document=document)
    browser = browser_of(alice)
    assert f'href="/templates/new/?api={api.pk}"' in browser.get(f"/apis/{api.pk}/").content.decode()
    offered = browser.get(f"/templates/new/?api={api.pk}").content.decode()
    assert f'<option value="{api.pk}" selected>' in offered
    both = browser.post("/templates/new/", form(api=api.pk)).content.decode()
    assert "Give either a document or an API, not both." in both
    assert browser.post("/templates/new/", form(document="", api=api.pk)).status_code == 302
    made = ApiTemplate.objects.get()
    assert made.document == {"openapi": "3.0.3", "x-tyk-api-gateway": {"info": {"name": "Orders"}}}


def test_the_page_of_an_api_leads_to_a_template_of_it_only_where_one_may_make_it(
    browser_of: BrowserOf, alice: User
) -> None:
    classic, oas = (Api.objects.create(organisation=alice.organisation, kind=kind) for kind in ("classic", "oas"))
    reader = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read", "api_assets": "read"})
    for person, api in ((alice, classic), (reader, oas)):
        assert "/templates/new/" not in browser_of(person).get(f"/apis/{api.pk}/").content.decode()


@pytest.mark.parametrize("document", ["", "{}"])
def test_it_may_be_empty(browser_of: BrowserOf, alice: User, document: str) -> None:
    assert browser_of(alice).post("/templates/new/", form(document=document)).status_code == 302
    row = ApiTemplate.objects.get()
    assert row.document == {}
    assert browser_of(alice).post(f"/templates/{row.pk}/", form(document="{}", name="Other")).status_code == 302


def test_only_an_api_that_is_kept_as_a_document_and_seen_is_offered(
    browser_of: BrowserOf, alice: User, charlie: User
) -> None:
    classic = Api.objects.create(organisation=alice.organisation, name="Classic")
    theirs = Api.objects.create(organisation=charlie.organisation, name="Theirs", kind=Api.Kind.OAS, document={})
    for api in (classic, theirs):
        assert browser_of(alice).post("/templates/new/", form(document="", api=api.pk)).status_code == 200
    assert not ApiTemplate.objects.exists()


def test_the_page_says_that_no_link_remains(browser_of: BrowserOf, alice: User) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation)
    assert "No link remains" in browser_of(alice).get(f"/templates/{row.pk}/").content.decode()


# Application


def test_who_makes_an_api_needs_the_right_to_see_templates(organisation_a: Organisation) -> None:
    row = ApiTemplateFactory(organisation=organisation_a)
    maker = UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})
    with pytest.raises(MayNotApply, match="The user does not have the rights to apply templates"):
        template_for(row.pk, organisation_a.pk, actor=maker)


def test_a_template_is_found_by_either_id_in_ones_own_organisation(
    alice: User, charlie: User, organisation_a: Organisation
) -> None:
    row = ApiTemplateFactory(organisation=organisation_a)
    for either_id in (row.pk, row.template_id):
        assert template_for(either_id, organisation_a.pk, actor=alice) == row.document
        with pytest.raises(UnknownTemplate):
            template_for(either_id, str(charlie.organisation_id), actor=charlie)
    with pytest.raises(UnknownTemplate):
        template_for("\0", organisation_a.pk, actor=alice)
