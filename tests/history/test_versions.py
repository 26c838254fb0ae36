"""Every version of a row that has versions: kept with its change, shown, brought back, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.models import Api
from apps.apis.services import change_api, set_owners
from apps.audit.models import AuditRecord
from apps.core import admission
from apps.core.exceptions import ApplicationError
from apps.history.models import Version
from apps.history.services import forget
from apps.keys.models import Policy
from apps.keys.services import change_policy
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts.base import BrowserOf, Rest
from tests.factories import ApiTemplateFactory, PolicyFactory, UserFactory, WebhookFactory

pytestmark = pytest.mark.django_db

DEFINITION = {"name": "Orders", "proxy": {"listen_path": "/orders/", "target_url": "http://orders.example"}}
API = {"api_definition": DEFINITION}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Menu", "version": "1"},
    "paths": {},
    "x-tyk-api-gateway": {
        "info": {"name": "Menu", "state": {"active": True}},
        "server": {"listenPath": {"value": "/menu/", "strip": True}},
        "upstream": {"url": "http://menu.example"},
    },
}
TEMPLATE = {"kind": "oas-template", "id": "style", "name": "Brandbook", "data": {"tags": [{"name": "a"}]}}
POLICY = {"name": "Gold", "id": "gold", "rate": 10, "per": 60}
#: Path, body that makes a row, body that changes it, the base of its pages.
KINDS = {
    "api": (
        "/api/apis",
        {"api_definition": DEFINITION},
        {"api_definition": {**DEFINITION, "name": "Ordered"}},
        "apis",
    ),
    "api template": ("/api/assets", TEMPLATE, {"name": "Other"}, "templates"),
    "policy": ("/api/portal/policies", POLICY, {"rate": 20, "per": 60}, "policies"),
}
kinds = pytest.mark.parametrize("kind", list(KINDS))
MODELS: dict[str, Any] = {"api": Api, "api template": ApiTemplate, "policy": Policy}


def versions() -> list[tuple[int, str, str]]:
    return [(one.number, one.action, one.user) for one in Version.objects.order_by("number")]


@kinds
def test_each_change_is_kept_with_who_made_it_in_which_request(rest: Rest, alice: User, kind: str) -> None:
    path, body, changes, _ = KINDS[kind]
    client = rest(alice)
    client.post(path, body)
    pk = MODELS[kind].objects.get().pk
    client.put(f"{path}/{pk}", changes)
    assert client.put(f"{path}/{pk}", changes).status_code == 200  # which changes nothing
    client.delete(f"{path}/{pk}")
    named = MODELS[kind].audit_action
    assert versions() == [
        (1, named("Create"), alice.email), (2, named("Update"), alice.email), (3, named("Delete"), alice.email)
    ]  # fmt: skip
    kept = Version.objects.get(number=2)
    record = AuditRecord.objects.get(request_id=kept.request_id)
    assert record.changes[f"{kind}/{pk}"] == kept.changes
    assert (kept.kind, kept.subject, kept.organisation_id) == (kind, pk, alice.organisation_id)


@kinds
def test_what_is_refused_leaves_no_version(rest: Rest, alice: User, kind: str) -> None:
    path, body, _, _ = KINDS[kind]
    rest(alice).post(path, body)
    row = MODELS[kind].objects.get()
    wrong = {"api": {**API, "hook_references": [{}]}, "api template": {"data": []}, "policy": {"rate": "x"}}
    assert rest(alice).put(f"{path}/{row.pk}", wrong[kind]).status_code >= 400
    assert len(versions()) == 1
    row.refresh_from_db()
    assert row.revision == 1


def test_of_a_row_from_before_versions_the_first_change_keeps_what_it_was(rest: Rest, alice: User) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation, name="Old")
    rest(alice).put(f"/api/assets/{row.pk}", {"name": "New"})
    assert versions() == [(1, "", ""), (2, "Update API Template", alice.email)]
    assert [one.values["name"] for one in Version.objects.order_by("number")] == ["Old", "New"]


def test_a_change_that_follows_from_another_is_a_version_too(rest: Rest, alice: User) -> None:
    webhook = WebhookFactory(organisation=alice.organisation)
    reference = {"event_name": "AuthFailure", "event_timeout": 1, "hook": webhook.as_copy}
    rest(alice).post("/api/apis", {"api_definition": DEFINITION, "hook_references": [reference]})
    rest(alice).put(
        f"/api/hooks/{webhook.pk}", {"name": "Renamed", "method": "POST", "target_path": "https://x.example"}
    )
    assert versions()[1:] == [(2, "Update API", alice.email)]


def test_owners_of_an_api_are_part_of_what_was_changed(rest: Rest, alice: User) -> None:
    pk = rest(alice).post("/api/apis", {"api_definition": DEFINITION}).json()["Meta"]
    for _ in range(2):
        rest(alice).put(f"/api/apis/{pk}/access", {"userIds": [alice.pk], "userGroupIds": []})
    assert versions()[1:] == [(2, "Update API Access", alice.email)]
    assert Version.objects.get(number=2).changes == {"userIds": [[], [alice.pk]]}


def test_a_version_says_no_secret(rest: Rest, alice: User, browser_of: BrowserOf) -> None:
    pk = rest(alice).post("/api/apis", {"api_definition": DEFINITION}).json()["Meta"]
    secret = "hunter2hunter2"
    rest(alice).put(f"/api/apis/{pk}", {"api_definition": {**DEFINITION, "jwt_secret": secret, "secret": secret}})
    assert Version.objects.get(number=2).values["definition"]["secret"] == secret
    for url in (f"/apis/{pk}/history/", "/changes/"):
        page = browser_of(alice).get(url).content.decode()
        assert "definition.secret" in page
        assert secret not in page


@kinds
def test_a_version_is_brought_back_as_a_new_one(rest: Rest, browser_of: BrowserOf, alice: User, kind: str) -> None:
    path, body, changes, base = KINDS[kind]
    rest(alice).post(path, body)
    row = MODELS[kind].objects.get()
    before = MODELS[kind].objects.get().version_values()
    rest(alice).put(f"{path}/{row.pk}", changes)
    page = browser_of(alice).get(f"/{base}/{row.pk}/history/").content.decode()
    assert ("Restore version 1" in page, "Restore version 2" in page) == (True, False)
    browser_of(alice).post(f"/{base}/{row.pk}/history/1/", {"revision": '"2"'})
    assert MODELS[kind].objects.get().version_values() == before
    assert (Version.objects.first().number, Version.objects.first().restored) == (3, 1)  # type: ignore[union-attr]
    assert "as in version 1" in browser_of(alice).get(f"/{base}/{row.pk}/history/").content.decode()


@kinds
def test_what_is_deleted_is_made_again_under_its_ids(rest: Rest, browser_of: BrowserOf, alice: User, kind: str) -> None:
    path, body, _, base = KINDS[kind]
    rest(alice).post(path, body)
    row = MODELS[kind].objects.get()
    before = row.version_values()
    rest(alice).delete(f"{path}/{row.pk}")
    assert "It is deleted" in browser_of(alice).get(f"/{base}/{row.pk}/history/").content.decode()
    browser_of(alice).post(f"/{base}/{row.pk}/history/1/")
    again = MODELS[kind].objects.get()
    assert (again.pk, again.version_values(), again.revision) == (row.pk, before, 3)


def test_an_api_that_is_kept_as_a_document_comes_back_as_one(rest: Rest, browser_of: BrowserOf, alice: User) -> None:
    pk = rest(alice).post("/api/apis/oas", DOCUMENT).json()["Meta"]
    read = rest(alice).get(f"/api/apis/oas/{pk}").json()
    rest(alice).put(f"/api/apis/oas/{pk}", {**read, "info": {"title": "Other", "version": "2"}})
    assert set(Version.objects.get(number=2).changes) >= {"document.info.title", "document.info.version"}
    browser_of(alice).post(f"/apis/{pk}/history/1/")
    assert rest(alice).get(f"/api/apis/oas/{pk}").json() == read
    rest(alice).delete(f"/api/apis/oas/{pk}")
    browser_of(alice).post(f"/apis/{pk}/history/1/")
    assert rest(alice).get(f"/api/apis/oas/{pk}").json() == read


def test_an_api_from_before_it_was_migrated_is_classic_again(rest: Rest, browser_of: BrowserOf, alice: User) -> None:
    pk = rest(alice).post("/api/apis", API).json()["Meta"]
    before = rest(alice).get(f"/api/apis/{pk}").json()
    change_api(Api.objects.get(pk=pk), {"document": DOCUMENT})
    assert Api.objects.get(pk=pk).kind == Api.Kind.OAS
    browser_of(alice).post(f"/apis/{pk}/history/1/")
    assert Api.objects.get(pk=pk).kind == Api.Kind.CLASSIC
    after = rest(alice).get(f"/api/apis/{pk}").json()
    assert {**after, "updated_at": ""} == {**before, "updated_at": ""}


def test_a_row_that_comes_back_by_its_id_goes_on_counting(rest: Rest, alice: User) -> None:
    body = {**TEMPLATE, "_id": "c" * 24}
    for _ in range(2):
        rest(alice).post("/api/assets", body)
        rest(alice).delete(f"/api/assets/{'c' * 24}")
    assert [number for number, _, _ in versions()] == [1, 2, 3, 4]


def test_a_rule_may_refuse_an_old_version(rest: Rest, browser_of: BrowserOf, alice: User) -> None:
    pk = rest(alice).post("/api/apis", {"api_definition": DEFINITION}).json()["Meta"]
    elsewhere = {**DEFINITION, "proxy": {**DEFINITION["proxy"], "listen_path": "/new/"}}  # type: ignore[dict-item]
    rest(alice).put(f"/api/apis/{pk}", {"api_definition": elsewhere})
    rest(alice).post("/api/apis", {"api_definition": {**DEFINITION, "name": "Squatter"}})
    page = browser_of(alice).post(f"/apis/{pk}/history/1/", follow=True).content.decode()
    assert "Found API with same url" in page
    assert Api.objects.get(pk=pk).revision == 2


def test_admission_sees_that_a_version_is_brought_back(
    rest: Rest, browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest(alice).post("/api/assets", TEMPLATE)
    row = ApiTemplate.objects.get()
    rest(alice).put(f"/api/assets/{row.pk}", {"name": "Other"})

    def deny(request: Any) -> Any:
        raise ApplicationError("access denied: Not on Mondays", 403)

    monkeypatch.setattr(admission, "_controllers", [deny])
    page = browser_of(alice).post(f"/templates/{row.pk}/history/1/", follow=True).content.decode()
    assert "Not on Mondays" in page
    assert ApiTemplate.objects.get().name == "Other"


def test_who_may_only_look_restores_nothing(rest: Rest, browser_of: BrowserOf, alice: User) -> None:
    rest(alice).post("/api/assets", TEMPLATE)
    row = ApiTemplate.objects.get()
    rest(alice).put(f"/api/assets/{row.pk}", {"name": "Other"})
    reader = UserFactory(organisation=alice.organisation, user_permissions={"api_assets": "read"})
    assert "Restore" not in browser_of(reader).get(f"/templates/{row.pk}/history/").content.decode()
    assert browser_of(reader).post(f"/templates/{row.pk}/history/1/").status_code == 403


def test_the_page_of_changes_tells_what_one_may_read(
    rest: Rest, browser_of: BrowserOf, alice: User, charlie: User
) -> None:
    for path, body, _, _ in KINDS.values():
        rest(alice).post(path, body)
    reader = UserFactory(organisation=alice.organisation, user_permissions={"policies": "read"})
    told = {person: browser_of(person).get("/changes/").content.decode() for person in (alice, reader, charlie)}
    assert [name in told[alice] for name in ("Orders", "Brandbook", "Gold")] == [True, True, True]
    assert [name in told[reader] for name in ("Orders", "Brandbook", "Gold")] == [False, False, True]
    assert [name in told[charlie] for name in ("Orders", "Brandbook", "Gold")] == [False, False, False]
    assert alice.email in told[alice]
    assert "Nothing was changed" in browser_of(alice).get("/changes/?user=nobody").content.decode()


def test_versions_about_an_api_of_others_are_not_shown(
    rest: Rest, browser_of: BrowserOf, alice: User, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    rest(alice).post("/api/apis", {"api_definition": DEFINITION})
    api = Api.objects.get()
    rights = {api.api_id: {"api_id": api.api_id, "versions": ["Default"]}}
    rest(alice).post("/api/portal/policies", {**POLICY, "access_rights": rights})
    owner = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read", "policies": "read"})
    stranger = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read", "policies": "read"})
    set_owners(api=api, users=[owner])
    shown = [browser_of(person).get("/changes/").content.decode() for person in (owner, stranger)]
    assert [("Orders" in page, "Gold" in page) for page in shown] == [(True, True), (False, False)]
    assert browser_of(stranger).get(f"/apis/{api.pk}/history/").status_code == 404


def test_old_versions_are_forgotten_but_for_what_is_now(rest: Rest, alice: User, settings: Settings) -> None:
    settings.HISTORY_RETENTION_DAYS = 30
    kept, gone = (rest(alice).post("/api/assets", {**TEMPLATE, "id": name}).json()["Meta"] for name in ("a", "b"))
    for name in ("x", "y"):
        rest(alice).put(f"/api/assets/{kept}", {"name": name})
    rest(alice).delete(f"/api/assets/{gone}")
    Version.objects.update(created_at=timezone.now() - timedelta(days=31))
    recent = rest(alice).put(f"/api/assets/{kept}", {"name": "z"})
    assert recent.status_code == 200
    Version.objects.filter(number=4).update(created_at=timezone.now() - timedelta(days=31))
    assert forget() == 5
    assert [(one.subject, one.number) for one in Version.objects.all()] == [(kept, 4)]
    settings.HISTORY_RETENTION_DAYS = None
    assert forget() == 0


def test_versions_go_with_their_organisation(rest: Rest, alice: User, organisation_a: Organisation) -> None:
    rest(alice).post("/api/assets", TEMPLATE)
    organisation_a.delete()
    assert not Version.objects.exists()


def test_without_an_audit_log_versions_are_kept_all_the_same(rest: Rest, alice: User, settings: Settings) -> None:
    settings.AUDIT_ENABLED = False
    rest(alice).post("/api/assets", TEMPLATE)
    assert versions() == [(1, "Create API Template", alice.email)]


def test_outside_of_requests_it_is_the_system(organisation_a: Organisation) -> None:
    change_policy(PolicyFactory(organisation=organisation_a), {"policy_id": "other"})
    assert versions()[1:] == [(2, "Update Policy", "system")]
