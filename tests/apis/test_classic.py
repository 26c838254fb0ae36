"""Classic API definitions over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts import error

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
HOOK = {"event_name": "AuthFailure", "hook": {"zeta": 1, "method": "POST", "target_path": "https://x.example"}}


def definition(name: str = "Orders", path: str = "/orders/", **more: Any) -> dict[str, Any]:
    """The least that people send."""
    return {"name": name, "active": True, "proxy": {"listen_path": path, "target_url": "http://orders.example"}, **more}


def make(client: APIClient, *given: Any, **more: Any) -> dict[str, Any]:
    """Make an API; gives the answer."""
    answer = client.post("/api/apis", {"api_definition": definition(*given, **more)})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def names(answer: Any) -> list[str]:
    return [api["api_definition"]["name"] for api in answer.json()["apis"]]


def test_it_is_made_read_by_either_id_changed_and_deleted(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = make(client)
    assert made == {"Status": "OK", "Message": "API created", "Meta": made["Meta"], "ID": made["ID"]}
    assert (len(made["Meta"]), len(made["ID"])) == (24, 32)
    read = client.get(f"/api/apis/{made['Meta']}").json()
    assert read == client.get(f"/api/apis/{made['ID']}/").json()
    assert read["api_definition"]["org_id"] == alice.organisation_id
    assert client.get("/api/apis").json() == {"apis": [read], "pages": 1}
    changed = client.put(f"/api/apis/{made['ID']}", {"api_definition": definition("Payments")})
    assert changed.json() == {"Status": "OK", "Message": "API updated", "Meta": None}
    assert names(client.get("/api/apis/search?q=pay")) == ["Payments"]
    gone = client.delete(f"/api/apis/{made['Meta']}")
    assert gone.json() == {"Status": "OK", "Message": "API deleted", "Meta": None}
    assert refusal(client.get(f"/api/apis/{made['Meta']}")) == (400, "Could not retrieve API detail")


def test_a_definition_comes_back_as_it_was_put_with_what_weir_does_not_know_in_its_order(
    rest: Rest, alice: User
) -> None:
    client = rest(alice)
    pk = make(client)["Meta"]
    odd = {"zebra": {"b": 1, "a": [1.5, None, "é", {"": False}]}, "proxy": {"zz": 0, "listen_path": "/x/", "aa": 2**60}}
    put = {"api_definition": {**definition(), **odd}, "hook_references": [HOOK]}
    assert client.put(f"/api/apis/{pk}", put).status_code == 200
    first, second = (client.get(f"/api/apis/{pk}").content for _ in range(2))
    assert first == second
    read = client.get(f"/api/apis/{pk}").json()
    assert {name: read["api_definition"][name] for name in put["api_definition"]} == put["api_definition"]
    assert list(read["api_definition"]["zebra"]) == ["b", "a"]
    assert list(read["api_definition"]["proxy"]) == ["zz", "listen_path", "aa"]
    assert read["hook_references"] == put["hook_references"]
    again = client.put(f"/api/apis/{pk}", read)
    assert again.status_code == 200
    assert client.get(f"/api/apis/{pk}").json()["api_definition"] == read["api_definition"]


def test_what_a_gateway_cannot_do_without_is_added(rest: Rest, alice: User) -> None:
    answer = rest(alice).post("/api/apis", {"api_definition": {"name": "Orders #retail", "api_id": "orders"}})
    read = rest(alice).get(f"/api/apis/{answer.json()['ID']}").json()["api_definition"]
    assert read["slug"] == "orders"
    assert read["proxy"] == {"listen_path": "/orders/", "strip_listen_path": True}
    assert read["version_data"]["versions"] == {"Default": {"name": "Default", "use_extended_paths": True}}


@pytest.mark.parametrize("version_data", [{"not_versioned": True}, {"not_versioned": True, "versions": None}])
def test_an_api_without_versions_has_the_default_one(rest: Rest, alice: User, version_data: Any) -> None:
    made = make(rest(alice), version_data=version_data)
    read = rest(alice).get(f"/api/apis/{made['ID']}").json()["api_definition"]
    assert list(read["version_data"]["versions"]) == ["Default"]


def test_versions_that_are_there_stay(rest: Rest, alice: User) -> None:
    versions = {"v1": {"name": "v1", "expires": "2030-01-01T00:00:00+02:00"}, "v2": {"name": "v2"}}
    data = {"not_versioned": False, "default_version": "nowhere", "versions": versions}
    made = make(rest(alice), version_data=data)
    assert rest(alice).get(f"/api/apis/{made['ID']}").json()["api_definition"]["version_data"] == data


@pytest.mark.parametrize("api_id", ["bmFtZXNwYWNlL25hbWU", "team/órders", "a b", "UPPER-lower_9.~"])
def test_a_public_id_is_kept_as_it_was_chosen_and_nobody_has_it_twice(
    rest: Rest, alice: User, charlie: User, api_id: str
) -> None:
    assert make(rest(alice), api_id=api_id)["ID"] == api_id
    assert rest(alice).get(f"/api/apis/{api_id}").json()["api_definition"]["api_id"] == api_id
    for person in (alice, charlie):
        again = rest(person).post("/api/apis", {"api_definition": definition(path="/x/", api_id=api_id)})
        assert refusal(again) == (409, "Found API with the same ID")


def test_an_internal_id_is_kept_if_it_is_free(rest: Rest, alice: User) -> None:
    assert make(rest(alice), id="5" * 24)["Meta"] == "5" * 24
    assert make(rest(alice), path="/x/", id="5" * 24)["Meta"] != "5" * 24
    assert len(make(rest(alice), path="/y/", id="no id")["Meta"]) == 24


def test_a_public_id_may_be_changed(rest: Rest, alice: User) -> None:
    pk = make(rest(alice))["Meta"]
    assert rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition(api_id="new")}).status_code == 200
    assert rest(alice).get("/api/apis/new").json()["api_definition"]["id"] == pk


def test_a_body_about_another_api_is_refused(rest: Rest, alice: User) -> None:
    pk = make(rest(alice))["Meta"]
    for other in ("6" * 24, "nonsense"):
        answer = rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition(id=other)})
        assert refusal(answer) == (400, "Invalid `ID` value")
    for own in ("", None, pk):
        assert rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition(id=own)}).status_code == 200


@pytest.mark.parametrize(
    ("other", "clashes"),
    [
        (definition("B", "/orders"), True),
        (definition("B", "orders//"), True),
        (definition("B", "/orders/", active=False), True),
        (definition("B", "/x/../%6Frders/"), True),
        (definition("B", "/./orders/", domain=" "), True),
        (definition("B", "/Orders/"), False),
        (definition("B", "/orders/v2/"), False),
        (definition("B", "/orders/", domain="orders.example"), False),
        (definition("B", "/orders/", domain="orders.example", domain_disabled=True), True),
        (definition("B", "/orders/", internal=True), False),
        (definition("B", "/orders/", protocol="tcp", listen_port=9000), False),
    ],
)
def test_two_apis_do_not_listen_to_one_path_of_one_domain(
    rest: Rest, alice: User, charlie: User, settings: Settings, other: dict[str, Any], clashes: bool
) -> None:
    make(rest(alice))
    assert rest(charlie).post("/api/apis", {"api_definition": other}).status_code == 200
    answer = rest(alice).post("/api/apis", {"api_definition": other})
    assert answer.status_code == (403 if clashes else 200)
    if not clashes:
        return
    assert refusal(answer) == (403, "Found API with same url")
    pk = make(rest(alice), "C", "/free/")["Meta"]
    assert refusal(rest(alice).put(f"/api/apis/{pk}", {"api_definition": other})) == (403, "Found API with same url")
    settings.ENABLE_DUPLICATE_SLUGS = True
    assert rest(alice).put(f"/api/apis/{pk}", {"api_definition": other}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"api_definition": None}, {"api_definition": []}, definition(), {"sort_by": 1}])
def test_a_body_without_definition_is_malformed(rest: Rest, alice: User, body: Any) -> None:
    pk = make(rest(alice), path="/there/")["Meta"]
    for answer in (rest(alice).post("/api/apis", body), rest(alice).put(f"/api/apis/{pk}", body)):
        assert refusal(answer) == (403, "Request body malformed")


def test_a_value_that_cannot_be_kept_is_named(rest: Rest, alice: User) -> None:
    answer = rest(alice).post("/api/apis", {"api_definition": definition("x" * 300)})
    status, message = refusal(answer)
    assert (status, message[:64]) == (400, "name: Ensure this value has at most 255 characters (it has 300).")
    assert not Api.objects.exists()


def test_owners_stay_unless_others_are_named(rest: Rest, alice: User, bob: User, settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True
    pk = make(rest(alice))["Meta"]
    set_owners(api=Api.objects.get(pk=pk), users=[bob])

    def owners_after(**owners: Any) -> tuple[list[str], list[str], bool]:
        body = {"api_definition": definition(), **owners}
        assert rest(alice).put(f"/api/apis/{pk}", body).status_code == 200
        api = Api.objects.get(pk=pk)
        return *api.owner_ids().values(), api.is_owned

    assert owners_after() == ([bob.pk], [], True)
    assert owners_after(user_owners=None, user_group_owners=None) == ([bob.pk], [], True)
    assert owners_after(user_owners=[alice.pk, "0" * 24]) == ([alice.pk], [], True)
    assert owners_after(user_owners=["0" * 24]) == ([], [], True), "closed, though its owners are nobody here"
    assert owners_after() == ([], [], True)
    assert owners_after(user_owners=[], user_group_owners=[]) == ([], [], False)


def test_categories_are_words_of_the_name(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    first = make(client, "Orders #retail #eu", "/a/", api_id="a")
    make(client, "Payments #retail", "/b/", api_id="b")
    make(client, "Plain", "/c/")
    make(rest(charlie), "Theirs #retail", "/d/")
    counted = [{"name": "eu", "count": 1}, {"name": "retail", "count": 2}]
    assert client.get("/api/apis/categories").json() == {"categories": counted}
    assert client.get("/api/apis/groups").json() == {"eu": ["a"], "retail": ["a", "b"]}
    assert names(client.get("/api/apis?category=retail&sort=name")) == ["Orders #retail #eu", "Payments #retail"]
    assert names(client.get("/api/apis?category=eu,none")) == ["Orders #retail #eu"]
    client.put(f"/api/apis/{first['ID']}", {"api_definition": definition("Orders #new", "/a/")})
    assert [one["name"] for one in client.get("/api/apis/categories").json()["categories"]] == ["new", "retail"]


KINDS = {
    "keyless": {"use_keyless": True, "use_standard_auth": True},
    "authToken": {"use_standard_auth": True},
    "jwt": {"enable_jwt": True},
    "multiAuth": {"enable_jwt": True, "use_basic_auth": True},
    "other": {},
}


def test_lists_are_filtered_sorted_and_paged(rest: Rest, alice: User, settings: Settings) -> None:
    client = rest(alice)
    for number, (name, switches) in enumerate(KINDS.items()):
        make(client, name, f"/{number}/", **switches)
    make(client, "graph", "/g/", graphql={"enabled": True, "execution_mode": "executionEngine"})
    make(client, "tcp", "", protocol="tcp", listen_port=9001)
    make(client, "inside", "/i/", internal=True)
    for name in KINDS:
        assert name in names(client.get(f"/api/apis?auth_type={name}&p=0"))
    assert names(client.get("/api/apis?auth_type=jwt,keyless&sort=name")) == ["jwt", "keyless"]
    assert names(client.get("/api/apis?api_type=udg")) == ["graph"]
    assert names(client.get("/api/apis?api_type=tcp,internal&sort=-name")) == ["tcp", "inside"]
    assert names(client.get("/api/apis?sort=nonsense&p=0"))[0] == "inside", "the newest first"
    settings.PAGE_SIZE = 3
    pages = [client.get(f"/api/apis?sort=name&p={page}").json() for page in (1, 2, 3, 4)]
    assert [len(page["apis"]) for page in pages] == [3, 3, 2, 0]
    assert {page["pages"] for page in pages} == {3}
    assert client.get("/api/apis?p=-2&accept_additional_properties=true").json()["pages"] == 1


def test_names_are_sorted_without_regard_to_case(rest: Rest, alice: User) -> None:
    client = rest(alice)
    for name in ("alpha", "Beta", "gamma", "Delta"):
        make(client, name, f"/{name}/")
    assert names(client.get("/api/apis?sort=name")) == ["alpha", "Beta", "Delta", "gamma"]
    assert names(client.get("/api/apis?sort=-name")) == ["gamma", "Delta", "Beta", "alpha"]


def test_a_version_says_what_it_is_a_version_of(rest: Rest, alice: User) -> None:
    client = rest(alice)
    child, base = make(client, "Orders v2", "/v2/"), make(client, "Orders", "/v1/")
    versions = {"enabled": True, "name": "v1", "versions": {"v2": child["ID"]}}
    client.put(f"/api/apis/{base['ID']}", {"api_definition": definition("Orders", "/v1/", definition=versions)})
    assert client.get(f"/api/apis/{child['ID']}")["x-tyk-base-api-id"] == base["ID"]
    assert not client.get(f"/api/apis/{base['ID']}").has_header("x-tyk-base-api-id")
    assert names(client.get("/api/apis?base_apis=true")) == ["Orders"]
    client.delete(f"/api/apis/{base['ID']}")
    assert names(client.get("/api/apis?base_apis=true")) == ["Orders v2"]


def test_where_an_api_listens_that_is_not_there_nobody_knows(rest: Rest, alice: User, charlie: User) -> None:
    pk = make(rest(charlie))["Meta"]
    for other in ("nope", pk):
        assert refusal(rest(alice).get(f"/api/apis/{other}/url")) == (400, "Could not retrieve API detail")


def test_it_tells_where_an_api_listens(rest: Rest, alice: User, settings: Settings) -> None:
    settings.GATEWAY_URL = "https://gateway.example:8443"
    plain, own = make(rest(alice)), make(rest(alice), "B", "/b/", domain="b.example")
    url = "https://gateway.example:8443/orders/"
    found = {"ApiURL": url, "BasePath": "/orders/", "Host": "gateway.example:8443"}
    assert rest(alice).get(f"/api/apis/{plain['ID']}/url").json() == found
    assert rest(alice).get(f"/api/apis/{own['Meta']}/url").json()["ApiURL"] == "https://b.example/b/"


def test_a_change_is_in_the_audit_log_once_and_without_secrets(rest: Rest, alice: User) -> None:
    pk = make(rest(alice), jwt_source="bXkgc2VjcmV0IGtleQ==")["Meta"]
    changed = definition("Payments", jwt_source="b3RoZXI=", use_keyless=True)
    rest(alice).put(f"/api/apis/{pk}", {"api_definition": changed})
    record = AuditRecord.objects.get(subject=pk, method="PUT")
    told = record.changes[f"api/{pk}"]
    assert told["name"] == ["Orders", "Payments"]
    assert told["definition.use_keyless"] == [None, True]
    assert "definition.name" not in told
    assert "b3RoZXI" not in record.diff


def test_an_api_of_an_openapi_document_is_not_changed_here(rest: Rest, alice: User, settings: Settings) -> None:
    pk = make(rest(alice))["Meta"]
    Api.objects.filter(pk=pk).update(kind="oas", document={})
    answer = rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition()})
    assert refusal(answer) == (400, "This API is kept as an OpenAPI document: change it through /api/apis/oas")
    settings.ALLOW_UNSAFE_OAS = True
    assert rest(alice).put(f"/api/apis/{pk}", {"api_definition": definition()}).status_code == 200


def test_a_list_costs_the_same_however_long(rest: Rest, alice: User, bob: User) -> None:
    costs = []
    for batch in range(2):
        for number in range(4):
            made = make(rest(alice), f"{batch} {number}", f"/{batch}/{number}/")
            set_owners(api=Api.objects.get(pk=made["Meta"]), users=[alice, bob])
        with CaptureQueriesContext(connection) as queries:
            rest(alice).get("/api/apis?p=0")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_what_others_have_is_out_of_reach(rest: Rest, alice: User, charlie: User) -> None:
    made = make(rest(alice))
    assert names(rest(charlie).get("/api/apis?p=0")) == []
    body = {"api_definition": definition("Taken")}
    for pk in made["Meta"], made["ID"]:
        client = rest(charlie)
        for answer in (
            client.get(f"/api/apis/{pk}"),
            client.put(f"/api/apis/{pk}", body),
            client.delete(f"/api/apis/{pk}"),
        ):
            assert answer.status_code >= 400
    assert Api.objects.get().name == "Orders"


def test_a_super_user_says_whose_it_is(rest: Rest, dora: User, organisation_b: Organisation) -> None:
    made = make(rest(dora), org_id=organisation_b.pk)
    assert Api.objects.get(pk=made["Meta"]).organisation == organisation_b
    for given, fault in (
        ({}, "is missing"),
        ({"org_id": ""}, "is missing"),
        ({"org_id": "x"}, "names no organisation"),
    ):
        answer = rest(dora).post("/api/apis", {"api_definition": definition(**given)})
        assert refusal(answer) == (403, f"Request body malformed: org_id {fault}")


@pytest.mark.parametrize(
    ("beside", "fault"),
    [
        ({"user_owners": "x"}, "user_owners: expected array, got string"),
        ({"User_Owners": {"a": 1}}, "user_owners: expected array, got object"),
        ({"user_group_owners": ["x", 5]}, "user_group_owners.1: expected string, got integer"),
        ({"categories": "a"}, "categories: expected array, got string"),
        ({"categories": [["a"]]}, "categories.0: expected string, got array"),
        ({"sort_by": "1"}, "sort_by: expected integer, got string"),
        ({"sort_by": 2**31}, "sort_by: 2147483648 is greater than the maximum of 2147483647"),
        ({"is_site": 1}, "is_site: expected boolean, got integer"),
    ],
)
def test_what_stands_beside_a_definition_is_named_when_it_has_another_type(
    rest: Rest, alice: User, beside: dict[str, Any], fault: str
) -> None:
    client = rest(alice)
    pk = make(client, path="/there/")["Meta"]
    body = {"api_definition": definition(), **beside}
    assert refusal(client.post("/api/apis", body)) == (400, fault)
    assert refusal(client.put(f"/api/apis/{pk}", body)) == (400, fault)
    assert Api.objects.count() == 1


def test_owners_and_categories_may_be_null_and_strange(rest: Rest, alice: User, settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True
    beside = {"user_owners": [alice.pk, None, "nobody"], "user_group_owners": None, "categories": ["a"], "sort_by": 2.0}
    answer = rest(alice).post("/api/apis", {"api_definition": definition(), **beside})
    api = Api.objects.get(pk=answer.json()["Meta"])
    assert (api.owner_ids()["userIds"], api.categories, api.sort_by) == ([alice.pk], [], 2)


@pytest.mark.parametrize(
    "api_id",
    [
        "search",
        "categories",
        "groups",
        "keys",
        "oas",
        "streams",
        "oauth",
        "migrate",
        "import",
        "keys/a",
        "a/access",
        "a/url",
    ],
)
def test_a_public_id_that_other_endpoints_answer_for_is_refused(rest: Rest, alice: User, api_id: str) -> None:
    client = rest(alice)
    pk = make(client, path="/there/")["Meta"]
    body = {"api_definition": definition(api_id=api_id)}
    for answer in (client.post("/api/apis", body), client.put(f"/api/apis/{pk}", body)):
        status, message = refusal(answer)
        assert (status, message.partition(" belongs")[0]) == (400, f"api_id: {api_id}")
    assert Api.objects.count() == 1


@pytest.mark.parametrize(
    "path", ["/api/apis/keys", "/api/apis/keys/basic/x", "/api/apis/oauth/x", "/api/apis/categories/x"]
)
def test_no_api_answers_for_what_is_not_built(rest: Rest, alice: User, path: str) -> None:
    assert rest(alice).get(path).status_code == 404
