"""Organisations for the holder of the admin secret."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.audit.models import AuditRecord
from apps.core.ids import is_object_id
from apps.organisations.models import Organisation
from apps.organisations.options import UI_DEFAULTS
from apps.users.models import AccessKey, User, UserGroup
from tests.factories import OrganisationFactory

PATH = "/admin/organisations"
EMPTY: dict[str, Any] = {
    "owner_name": "",
    "owner_slug": "",
    "cname": "",
    "cname_enabled": False,
    "apis": [],
    "developer_quota": 0,
    "developer_count": 0,
    "event_options": {},
    "hybrid_enabled": False,
    "sso_enabled": False,
    "require_two_factor": False,
    "org_options_meta": {},
    "additional_permissions": {},
    "open_policy": {},
    "ui": UI_DEFAULTS,
}

pytestmark = pytest.mark.django_db


def error(message: str) -> dict[str, str | None]:
    return {"Status": "Error", "Message": message, "Meta": None}


def done(message: str, meta: str | None = None) -> dict[str, str | None]:
    return {"Status": "OK", "Message": message, "Meta": meta}


def send(client: APIClient, method: str, path: str, body: str | bytes) -> Any:
    return client.generic(method, path, body, content_type="application/json")


def shown(whole: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give what is read of an organisation that was written so."""
    return {**whole, **more, "ui": {**UI_DEFAULTS, **whole["ui"]}}


def made(client: APIClient, body: dict[str, Any]) -> str:
    response = client.post(PATH, body)
    assert response.status_code == 200
    return str(response.json()["Meta"])


def test_it_makes_an_organisation_under_a_new_id(admin: APIClient) -> None:
    response = admin.post(PATH, {"owner_name": "Gamma", "cname": "", "cname_enabled": False, "id": "c" * 24})
    pk = response.json()["Meta"]
    assert (response.status_code, response.json()) == (200, done("Org created", pk))
    assert is_object_id(pk)
    assert pk != "c" * 24
    assert admin.get(f"{PATH}/{pk}").json() == {**EMPTY, "id": pk, "owner_name": "Gamma"}


def test_it_keeps_every_field(admin: APIClient, whole: dict[str, Any]) -> None:
    pk = made(admin, whole)
    assert admin.get(f"{PATH}/{pk}").json() == shown(whole, id=pk, require_two_factor=False)


def test_it_replaces_everything(admin: APIClient, whole: dict[str, Any]) -> None:
    pk = made(admin, whole)
    response = admin.put(f"{PATH}/{pk}", {"owner_name": "Delta", "id": "c" * 24})
    assert (response.status_code, response.json()) == (200, done("Org updated"))
    assert admin.get(f"{PATH}/{pk}").json() == {**EMPTY, "id": pk, "owner_name": "Delta"}


def test_a_client_that_does_not_know_the_two_factor_rule_does_not_lift_it(admin: APIClient) -> None:
    pk = made(admin, {"require_two_factor": True})
    exported = admin.get(f"{PATH}/{pk}").json()
    admin.put(f"{PATH}/{pk}", EMPTY | {"require_two_factor": None})
    admin.post(f"{PATH}/import", {"id": pk})
    assert admin.get(f"{PATH}/{pk}").json() == exported
    admin.put(f"{PATH}/{pk}", {"require_two_factor": False})
    assert not Organisation.objects.get(pk=pk).require_two_factor


def test_what_is_exported_comes_back_byte_by_byte(admin: APIClient, whole: dict[str, Any]) -> None:
    pk = made(admin, whole)
    Api.objects.create(organisation_id=pk, name="Zebra, renamed", api_id="b" * 32)
    Api.objects.create(organisation_id=pk, name="Added here", api_id="a" * 32)
    exported = admin.get(f"{PATH}/{pk}").content
    assert b"Zebra, renamed" in exported
    for start in (lambda: None, Api.objects.all().delete, Organisation.objects.all().delete):
        start()
        response = send(admin, "POST", f"{PATH}/import", exported)
        assert (response.status_code, response.json()) == (200, done("Org imported", pk))
        assert admin.get(f"{PATH}/{pk}").content == exported


def test_an_import_replaces_what_is_there(admin: APIClient, whole: dict[str, Any], alice: User) -> None:
    pk = alice.organisation_id
    before = Organisation.objects.get(pk=pk).created_at
    assert admin.post(f"{PATH}/import", {**whole, "id": pk}).status_code == 200
    assert admin.get(f"{PATH}/{pk}").json() == shown(whole, id=pk, require_two_factor=False)
    assert admin.post(f"{PATH}/import", {"id": pk, "owner_name": "Less"}).status_code == 200
    assert admin.get(f"{PATH}/{pk}").json() == {**EMPTY, "id": pk, "owner_name": "Less"}
    assert Organisation.objects.get(pk=pk).created_at == before
    assert User.objects.filter(pk=alice.pk).exists()


def test_it_lists_registered_apis_whatever_a_client_says(admin: APIClient, organisation_a: Organisation) -> None:
    for number in range(3):
        Api.objects.create(organisation=organisation_a, name=f"API {number}", api_id=f"api-{number}")
    admin.put(f"{PATH}/{organisation_a.pk}", {"apis": [{"api_human_name": "Another", "api_id": "api-1"}]})
    shown = admin.get(f"{PATH}/{organisation_a.pk}").json()["apis"]
    assert shown == [{"api_human_name": f"API {number}", "api_id": f"api-{number}"} for number in (1, 0, 2)]


@pytest.mark.parametrize("pk", ["", None, 5, "x", "A" * 24, "a" * 23, f"{'a' * 24}\n", "a" * 32])
def test_an_import_needs_an_id(admin: APIClient, pk: Any) -> None:
    response = admin.post(f"{PATH}/import", {"id": pk, "owner_name": "Gamma"})
    expected = "Request body malformed" if pk == 5 else "Failed to save new Org object to DB"
    assert (response.status_code, response.json()) == (403, error(expected))
    assert admin.post(f"{PATH}/import", {}).status_code == 403
    assert not Organisation.objects.exists()


def test_it_deletes_an_organisation_and_all_that_hangs_on_it(
    admin: APIClient, alice: User, bob: User, charlie: User
) -> None:
    group = UserGroup.objects.create(organisation=alice.organisation, name="Team")
    User.objects.filter(pk=bob.pk).update(group=group)
    Api.objects.create(organisation=alice.organisation, name="Orders")
    response = admin.delete(f"{PATH}/{alice.organisation_id}")
    assert (response.status_code, response.json()) == (200, done("Org deleted"))
    assert list(Organisation.objects.all()) == [charlie.organisation]
    assert list(User.objects.all()) == [charlie]
    assert not [model for model in (UserGroup, Api, AccessKey) if model.objects.exists()]


@pytest.mark.parametrize("pk", ["c" * 24, "x", "%00", "%F0%9F%A6%93"])
def test_who_is_not_there_has_documented_answers(admin: APIClient, pk: str) -> None:
    answers = {
        "GET": (404, error("Could not retrieve org detail")),
        "DELETE": (404, error("Could not retrieve org detail")),
        "PUT": (403, error("Failed to update Org object to DB")),
    }
    for method, expected in answers.items():
        response = send(admin, method, f"{PATH}/{pk}", '{"owner_name": "x"}')
        assert (response.status_code, response.json()) == expected, method


@pytest.mark.parametrize("name", ["organisations", "organisation", "organisations/", "organisation/"])
def test_it_is_found_under_every_spelling(admin: APIClient, whole: dict[str, Any], name: str) -> None:
    slash = "/" if name.endswith("/") else ""
    path = f"/admin/{name.rstrip('/')}"
    pk = admin.post(f"{path}{slash}", whole).json()["Meta"]
    exported = admin.get(f"{path}/{pk}{slash}")
    assert exported.status_code == 200
    assert admin.put(f"{path}/{pk}{slash}", whole).json() == done("Org updated")
    assert send(admin, "POST", f"{path}/import{slash}", exported.content).json() == done("Org imported", pk)
    assert [org["id"] for org in admin.get(f"{path}{slash}").json()["organisations"]] == [pk]
    assert admin.delete(f"{path}/{pk}{slash}").json() == done("Org deleted")


def test_it_lists_in_pages(admin: APIClient) -> None:
    ids = [OrganisationFactory(id=f"{number:024x}").pk for number in range(23)]
    pages = [admin.get(f"{PATH}?p={page}").json() for page in (1, 2, 3, 4)]
    assert [[org["id"] for org in page["organisations"]] for page in pages] == [ids[:10], ids[10:20], ids[20:], []]
    assert {page["pages"] for page in pages} == {3}
    for query in ("", "?p=0", "?p=-1", "?p=-2"):
        listed = admin.get(f"{PATH}{query}").json()
        assert ([org["id"] for org in listed["organisations"]], listed["pages"]) == (ids, 1)


def test_the_list_costs_the_same_queries_however_long(
    admin: APIClient, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.AUDIT_ENABLED = False
    for _ in range(2):
        for organisation in OrganisationFactory.create_batch(10):
            Api.objects.create(organisation=organisation, name="Orders")
        with django_assert_num_queries(2):  # organisations, and their APIs
            assert all(org["apis"] for org in admin.get(f"{PATH}?p=0").json()["organisations"])


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("POST", PATH, "Failed to read response body, body empty"),
        ("POST", f"{PATH}/import", "Failed to read response body, body empty"),
        ("PUT", f"{PATH}/{'a' * 24}", "Failed to read request body, body empty"),
    ],
)
def test_it_needs_a_body(admin: APIClient, organisation_a: Organisation, method: str, path: str, message: str) -> None:
    response = send(admin, method, path, "")
    assert (response.status_code, response.json()) == (500, error(message))


MALFORMED = [
    "{",
    "[]",
    "null",
    '"text"',
    "5",
    '{"owner_name": 5}',
    '{"owner_name": "\\u0000"}',
    '{"future": "\\ud800"}',
    '{"cname_enabled": "yes"}',
    '{"sso_enabled": 1}',
    '{"developer_quota": "5"}',
    '{"developer_quota": true}',
    '{"apis": {}}',
    '{"apis": ["x"]}',
    '{"apis": [{"api_id": 5}]}',
    '{"event_options": []}',
    '{"event_options": {"key_event": "x"}}',
    '{"event_options": {"key_event": {"redis": "yes"}}}',
    '{"additional_permissions": {"a": 1}}',
    '{"additional_permissions": {" ": "x"}}',
    '{"open_policy": {"enabled": "x"}}',
    '{"ui": "x"}',
    '{"ui": ' + "[" * 5_000 + "]" * 5_000 + "}",
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: body[:50])
def test_it_refuses_another_shape(admin: APIClient, organisation_a: Organisation, body: str) -> None:
    pk = organisation_a.pk
    with_id = body.replace("{", f'{{"id": "{pk}", ', 1) if body.startswith('{"') else body
    for method, path in (("POST", PATH), ("POST", f"{PATH}/import"), ("PUT", f"{PATH}/{pk}")):
        response = send(admin, method, path, with_id)
        assert (response.status_code, response.json()) == (403, error("Request body malformed")), (method, path)
    assert list(Organisation.objects.values_list("owner_name", flat=True)) == ["Alpha"]


@pytest.mark.parametrize("value", [{"owner_name": "x" * 201}, {"developer_quota": 2**63}, {"cname": "x" * 256}])
def test_it_refuses_what_does_not_fit(admin: APIClient, organisation_a: Organisation, value: dict[str, Any]) -> None:
    save, update = error("Failed to save new Org object to DB"), error("Failed to update Org object to DB")
    pk = organisation_a.pk
    assert (admin.post(PATH, value).status_code, admin.post(PATH, value).json()) == (403, save)
    assert admin.post(f"{PATH}/import", {"id": pk, **value}).json() == save
    assert admin.put(f"{PATH}/{pk}", value).json() == update
    assert list(Organisation.objects.values_list("owner_name", flat=True)) == ["Alpha"]


def test_it_takes_nothing_for_null(admin: APIClient) -> None:
    pk = made(admin, dict.fromkeys(EMPTY))
    assert admin.get(f"{PATH}/{pk}").json() == {**EMPTY, "id": pk}


def test_a_huge_body_is_refused(admin: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
    response = admin.post(PATH, {"owner_name": "x" * 3_000_000})
    assert (response.status_code, response.json()) == (413, error("Request body too large"))


def test_it_reads_json_whatever_the_content_type(admin: APIClient) -> None:
    response = admin.generic("POST", PATH, '{"owner_name": "Gamma"}', content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200


def test_another_secret_does_not_do(admin: APIClient) -> None:
    response = APIClient(headers={"admin-auth": "wrong"}).get(PATH)
    assert (response.status_code, response.json()) == (401, error("Not authorised"))


def test_nothing_goes_wrong_with_other_methods(admin: APIClient) -> None:
    assert admin.patch(PATH, {}).status_code == 405
    assert admin.get(f"{PATH}/import").status_code == 405
    assert admin.head(PATH).status_code == 200


def test_there_is_no_classic_portal_to_make(admin: APIClient, organisation_a: Organisation) -> None:
    response = admin.post(f"{PATH}/{organisation_a.pk}/generate-portals", "domain=x", content_type="text/plain")
    assert (response.status_code, response.json()) == (404, error("Could not generate APIs"))


@pytest.mark.parametrize("slash", ["", "/"])
def test_routes_can_be_reloaded(admin: APIClient, slash: str) -> None:
    response = admin.get(f"/admin/system/reload{slash}")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert admin.get(PATH).status_code == 200


def test_the_audit_log_tells_what_changed(admin: APIClient, organisation_a: Organisation) -> None:
    path = f"{PATH}/{organisation_a.pk}"
    admin.put(path, {"owner_name": "Delta", "sso_enabled": True})
    admin.delete(path)
    deleted, updated = AuditRecord.objects.order_by("-timestamp", "-sequence")[:2]
    assert (updated.action, updated.kind, updated.subject) == ("Update Organisation", "organisation", "a" * 24)
    assert '"owner_name": ["Alpha", "Delta"]' in updated.diff
    assert '"sso_enabled": [false, true]' in updated.diff
    assert deleted.action == "Delete Organisation"


def test_ui_has_its_eleven_members_and_their_types(admin: APIClient) -> None:
    pk = made(admin, {"ui": {"hide_help": True, "labs": {}}})
    ui = admin.get(f"{PATH}/{pk}").json()["ui"]
    assert list(ui)[:11] == list(UI_DEFAULTS)
    assert (ui["hide_help"], ui["labs"], len(ui)) == (True, {}, 12)
    for odd in ({"hide_help": "true"}, {"nav": []}, {"default_lang": 7}):
        assert admin.post(PATH, {"ui": odd}).status_code == 403


@pytest.mark.parametrize("name", ["Owner_Name", "OWNER_NAME"])
def test_members_may_be_written_in_another_case(admin: APIClient, name: str) -> None:
    pk = made(admin, {name: "Gamma", "Future": "kept"})
    read = admin.get(f"{PATH}/{pk}").json()
    assert (read["owner_name"], read["Future"], name in read) == ("Gamma", "kept", False)
    assert admin.get(f"{PATH}/{made(admin, {'owner_name': 'first', name: 'last'})}").json()["owner_name"] == "last"
