"""APIs from elsewhere: an import keeps ids and owners, and a whole catalogue comes out of it as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.apis.oas.documents import document
from tests.factories import UserFactory, UserGroupFactory
from tests.keys.bodies import SECRET, operator, refusal

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
PATH = "/admin/apis/import"
IN_A = {"org_id": "a" * 24}


@pytest.fixture
def importer(settings: Settings, organisation_a: Organisation) -> APIClient:
    settings.ADMIN_SECRET = SECRET
    return operator()


def classic(number: int, **more: Any) -> dict[str, Any]:
    """A classic definition of organisation A."""
    ids = {"id": f"{number:024x}", "api_id": f"api-{number}", **IN_A}
    path = {"proxy": {"listen_path": f"/{number}/", "target_url": "http://upstream.example/"}}
    return {**ids, "name": f"API {number} #retail", "active": True, **path, **more}


def kept(number: int, **more: Any) -> dict[str, Any]:
    """A document of organisation A with ids."""
    ids = {"id": f"api-{number}", "dbId": f"{number:024x}", "orgId": "a" * 24}
    info = {"name": f"API {number}", "state": {"active": True}, **ids, **more}
    return document(info=info, server={"listenPath": {"value": f"/{number}/", "strip": True}})


def send(importer: APIClient, *apis: Any) -> dict[str, Any]:
    answer = importer.post(PATH, {"apis": apis, "pages": 1}, format="json")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_an_import_keeps_ids_and_fills_what_is_missing(importer: APIClient) -> None:
    wrapped = {"api_model": {}, "api_definition": classic(1), "hook_references": None, "oas": None, "user_owners": None}
    body = send(importer, wrapped, {"oas": kept(2), "categories": ["retail"], "sort_by": 3})
    expected = {"Status": "OK", "Message": "APIs imported", "Meta": {"api-1": True, "api-2": True}}
    assert body == expected
    first, second = Api.objects.order_by("pk")
    assert (first.pk, first.api_id, first.organisation_id, first.kind) == (f"{1:024x}", "api-1", "a" * 24, "classic")
    assert (second.pk, second.api_id, second.organisation_id, second.kind) == (f"{2:024x}", "api-2", "a" * 24, "oas")
    assert (first.categories, second.categories, second.sort_by) == (["retail"], ["retail"], 3)
    assert send(importer, {"api_definition": {"name": "Bare", **IN_A}})["Message"] == "APIs imported"


def test_an_import_goes_on_when_an_api_cannot_be_taken(importer: APIClient) -> None:
    sent = [
        {"api_definition": classic(1)},
        {"api_definition": {**classic(2), "org_id": "c" * 24}},
        {"api_definition": {**classic(3), "proxy": {"listen_path": "/1"}}},
        {"api_definition": classic(4), "oas": {**kept(4), "openapi": 7}},
        {"api_definition": {**classic(5), "is_oas": True}, "oas": {}},
        {"api_definition": {**classic(6), "id": 6}},
        {"api_definition": classic(7), "sort_by": "first"},
        {"api_definition": {**classic(9), "proxy": {"listen_path": 9}}},
        {"api_definition": "text"},
        "text",
        {"api_definition": classic(8)},
    ]
    body = send(importer, *sent)
    named = {f"api-{number}": number in {1, 8} for number in range(1, 10)}
    assert {name: is_here for name, is_here in body["Meta"].items() if name in named} == named
    assert [*body["Meta"].values()].count(False) == 9
    for reason in (
        "api-2: There is no organisation with the id in org_id",
        "api-3: Found API with same url",
        "api-5: oas: The OpenAPI document is missing, and is_oas is true",
        "api-6: api_definition.id: Not a valid string",
        "api-7: sort_by: expected integer, got string",
        "api-9: api_definition.proxy.listen_path: expected string, got integer",
        ": api_definition: Expected an object",
        ": Expected an object",
    ):
        assert reason in body["Message"]
    assert sorted(Api.objects.values_list("api_id", flat=True)) == ["api-1", "api-8"]


def test_an_import_writes_over_what_has_the_same_ids(importer: APIClient) -> None:
    send(importer, {"api_definition": classic(1), "oas": None}, {"oas": kept(2), "categories": ["retail"]})
    send(importer, {"api_definition": classic(1, name="Other")}, {"oas": kept(2, name="Other")})
    assert [*Api.objects.values_list("name", "kind").order_by("pk")] == [("Other", "classic"), ("Other", "oas")]
    assert Api.objects.get(kind="oas").categories == ["retail"]
    taken = send(importer, {"api_definition": {**classic(1), "id": f"{9:024x}"}})
    assert taken["Message"] == "APIs imported; api-1: Found API with the same ID"


def test_versions_find_their_base_whichever_comes_first(importer: APIClient) -> None:
    versioning = {"enabled": True, "name": "v1", "default": "self", "location": "header", "key": "x-version"}
    base = kept(1, versioning={**versioning, "versions": [{"name": "v2", "id": "api-2"}]})
    old = classic(3, definition={**versioning, "versions": {"v2": "api-4"}})
    send(importer, {"oas": base}, {"oas": kept(2)}, {"api_definition": old}, {"api_definition": classic(4)})
    bases = dict(Api.objects.values_list("api_id", "base__api_id"))
    assert bases == {"api-1": None, "api-2": "api-1", "api-3": None, "api-4": "api-3"}


def test_owners_of_nowhere_are_left_out_and_nothing_is_opened_by_that(importer: APIClient, alice: User) -> None:
    sent = {"api_definition": classic(1), "user_owners": [alice.pk, "c" * 24], "user_group_owners": None}
    send(importer, sent, {"api_definition": classic(2), "user_owners": ["c" * 24], "user_group_owners": []})
    first, second = Api.objects.order_by("pk")
    assert (first.owner_ids()["userIds"], first.is_owned) == ([alice.pk], True)
    assert (second.owner_ids()["userIds"], second.is_owned) == ([], True)
    send(importer, {"api_definition": classic(1)}, {"api_definition": classic(2), "user_owners": []})
    assert [*Api.objects.values_list("is_owned", flat=True)] == [True, True]


@pytest.mark.parametrize(("body", "status"), [("", 500), ("{", 403), ("[]", 403), ("{}", 403), ('{"apis": 7}', 403)])
def test_an_import_of_another_shape_is_malformed(body: str, status: int, importer: APIClient) -> None:
    assert refusal(importer.generic("POST", PATH, body, content_type="application/json"))[0] == status


def test_a_whole_catalogue_comes_out_of_an_import_as_it_was(rest: Rest, importer: APIClient, alice: User) -> None:
    client = rest(alice)
    user: User = UserFactory(organisation=alice.organisation)
    group: UserGroup = UserGroupFactory(organisation=alice.organisation)
    hook = {"event_name": "QuotaExceeded", "hook": {"method": "POST", "target_path": "https://hooks.example.com/"}}
    unknown = {"unknown": [1, {"a": None}], "tags": None}
    wrapped = {"api_definition": classic(1, **unknown), "hook_references": [hook], "sort_by": 2, "is_site": True}
    assert client.post("/api/apis", wrapped).status_code == 200
    assert client.post("/api/apis/oas", kept(2)).status_code == 200
    version = "?base_api_id=api-2&new_version_name=v2&base_api_version_name=v1&set_default=true"
    assert client.post(f"/api/apis/oas{version}", kept(3)).status_code == 200
    assert client.put("/api/apis/oas/api-2/categories", {"categories": ["retail", "a # b"]}).status_code == 200
    set_owners(api=Api.objects.get(api_id="api-1"), users=[user], groups=[group])
    set_owners(api=Api.objects.get(api_id="api-3"), users=[user])
    rights = {"api-2": {"api_id": "api-2", "api_name": "API 2", "versions": ["Default"]}}
    gold = {"id": "gold", "name": "Gold", "access_rights": rights}
    assert client.post("/api/portal/policies", gold).status_code == 200
    organisation = importer.get(f"/admin/organisations/{'a' * 24}").json()
    people = [*User.objects.all()], [*UserGroup.objects.all()]
    exported = _catalogue(client)
    Organisation.objects.all().delete()

    assert importer.post("/admin/organisations/import", organisation, format="json").status_code == 200
    UserGroup.objects.bulk_create(people[1])
    User.objects.bulk_create(people[0])
    for path, what in (("apis", "APIs"), ("policies", "Policies")):
        answer = importer.post(f"/admin/{path}/import", exported[path], format="json").json()
        assert answer["Message"] == f"{what} imported"
    assert _without_times(_catalogue(rest(alice))) == _without_times(exported)
    again = importer.get(f"/admin/organisations/{'a' * 24}").json()
    assert again == organisation
    assert Api.objects.get(api_id="api-3").base == Api.objects.get(api_id="api-2")


def _catalogue(client: APIClient) -> dict[str, Any]:
    """What the lists give: APIs and policies."""
    lists = {"apis": "/api/apis?p=-1", "policies": "/api/portal/policies?p=-1"}
    return {name: client.get(path).json() for name, path in lists.items()}


def _without_times(catalogue: dict[str, Any]) -> dict[str, Any]:
    """A catalogue without the times of the last change, which an import is."""
    apis = [{name: value for name, value in one.items() if name != "updated_at"} for one in catalogue["apis"]["apis"]]
    given = catalogue["policies"]["Data"]
    return {"apis": apis, "policies": [{**one, "last_updated": None} for one in given]}
