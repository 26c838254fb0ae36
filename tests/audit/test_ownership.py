"""Who is limited to some APIs reads nothing of the others in the audit log."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import change_api, set_owners
from apps.audit.checks import audited_field_errors
from apps.audit.context import audit_context
from apps.audit.models import AuditRecord
from apps.audit.services import store_record
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.querysets import UserGroupQuerySet
from apps.users.services import change_group, create_group, delete_group, delete_user
from tests.audit.conftest import A, problem, record
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

RestOf = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
DUMP = "figures of everybody"
DOORS = {"page": "/audit/records/", "staff": "/staff/audit/auditrecord/", "file": "/audit/records.json"}


@pytest.fixture
def ours(organisation_a: Organisation, bob: User) -> Api:
    """An API that bob owns."""
    return owned_by(bob, "ours")


@pytest.fixture
def theirs(organisation_a: Organisation, alice: User) -> Api:
    """An API that alice owns."""
    return owned_by(alice, "theirs")


def owned_by(user: User, name: str) -> Api:
    api = Api.objects.create(organisation=user.organisation, name=name, api_id=f"{name}-id")
    set_owners(api=api, users=[user])
    return api


@pytest.fixture(autouse=True)
def several(settings: Settings, ours: Api, theirs: Api) -> None:
    """Records of both APIs, of both at once, and of something else; the latter with dumps."""
    settings.ENABLE_OWNERSHIP = True
    for api in (ours, theirs):
        change_api(api, {"name": f"New name of {api.name}"})
    with audit_context() as context:
        for api in (ours, theirs):
            change_api(api, {"name": f"Again {api.name}"})
    store_record(AuditRecord(), action="Both", organisation=A, events=context.events, secrets=[])
    record(action="Read", request_dump=DUMP, response_dump=DUMP)


def rows(client: APIClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/audit-logs?p=0").json()["audit_logs"]
    return [row for row in found if row["action"] in {"Update API", "Update API Access", "Both", "Read"}]


def test_a_list_has_what_was_done_to_their_own_apis(rest: RestOf, alice: User, bob: User, ours: Api) -> None:
    assert [row["action"] for row in rows(rest(alice))] == [
        *("Read", "Both", "Update API", "Update API", "Update API Access", "Update API Access"),
    ]
    limited = rows(rest(bob))
    assert [row["action"] for row in limited] == ["Read", "Update API", "Update API Access"]
    assert {name for row in limited for name in row.get("diff", {})} == {f"api/{ours.pk}"}


def test_one_record_of_another_api_is_refused(rest: RestOf, browser_of: BrowserOf, bob: User, theirs: Api) -> None:
    of_theirs = AuditRecord.objects.filter(kind="api", subject=theirs.pk)
    assert of_theirs.count() == 2
    for each in of_theirs:
        assert rest(bob).get(f"/api/audit-logs/{each.pk}").status_code == 401
        assert browser_of(bob).get(f"/audit/{each.pk}/").status_code == 404


@pytest.mark.parametrize(("name", "shown"), [("alice", True), ("bob", False)])
def test_nobody_limited_reads_dumps(
    rest: RestOf, browser_of: BrowserOf, alice: User, bob: User, name: str, shown: bool
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    person, made = {"alice": alice, "bob": bob}[name], AuditRecord.objects.get(action="Read")
    client, browser = rest(person), browser_of(person)
    assert ("response_dump" in client.get(f"/api/audit-logs/{made.pk}").json()) == shown
    pages = [f"/audit/{made.pk}/", f"/staff/audit/auditrecord/{made.pk}/change/"]
    assert [DUMP in browser.get(page).content.decode() for page in pages] == [shown, shown]
    files: list[Any] = [
        *(client.get(f"/api/audit-logs?download=true&type={kind}") for kind in ("csv", "json")),
        *(browser.get(f"/audit/records.{kind}") for kind in ("csv", "json")),
    ]
    texts = [b"".join(file.streaming_content).decode() for file in files]
    assert [DUMP in text for text in texts] == [shown] * 4
    assert "Read" in {row["action"] for row in csv.DictReader(texts[0].splitlines())}
    assert ("Both" in {row["action"] for row in json.loads(texts[3])}) == shown


def test_a_list_costs_the_same_queries_however_long(
    rest: RestOf, bob: User, ours: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = rest(bob)
    client.get("/api/audit-logs")
    for more in (0, 20):
        for number in range(more):
            change_api(ours, {"name": f"Name {number}"})
        with django_assert_num_queries(1 + 1 + 5 + 5):  # who asks; their APIs; count and page, bounded; the own record
            client.get("/api/audit-logs")


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let user groups hang on the API that their description names."""
    monkeypatch.setattr(UserGroupQuerySet, "api_lookup", "description")


def group_of(organisation: Organisation, api_id: str) -> UserGroup:
    return create_group(UserGroup(organisation=organisation, name=api_id, description=api_id, user_permissions={}))


@pytest.mark.parametrize("door", ["rest", "page", "staff", "file"])
def test_records_of_rows_that_hang_on_an_api_are_for_its_owners(
    rest: RestOf, browser_of: BrowserOf, alice: User, bob: User, hanging: None, door: str
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    groups = {name: group_of(alice.organisation, name) for name in ("ours-id", "theirs-id", "")}
    ids = {name: group.pk for name, group in groups.items()}
    change_group(groups["theirs-id"], {"name": "changed"})
    delete_group(groups["theirs-id"])

    def shown(person: User) -> set[str]:
        page = rest(person).get("/api/audit-logs?p=0") if door == "rest" else browser_of(person).get(DOORS[door])
        content = b"".join(page.streaming_content) if page.streaming else page.content
        told = [record.subject for record in AuditRecord.objects.all() if record.pk in content.decode()]
        return {name for name, pk in ids.items() if pk in told}

    assert shown(alice) == {"ours-id", "theirs-id", ""}
    assert shown(bob) == {"ours-id"}


def test_a_record_of_a_move_is_for_who_sees_both_apis(rest: RestOf, alice: User, bob: User, hanging: None) -> None:
    moved = group_of(alice.organisation, "theirs-id")
    change_group(moved, {"description": "ours-id"})
    change_group(moved, {"name": "Ours now"})
    made, moving, named = AuditRecord.objects.filter(subject=moved.pk).order_by("id")
    assert [each.api_ids for each in (made, moving, named)] == [["theirs-id"], ["ours-id", "theirs-id"], ["ours-id"]]
    statuses = [rest(bob).get(f"/api/audit-logs/{each.pk}").status_code for each in (made, moving, named)]
    assert statuses == [401, 401, 200]


def test_who_is_deleted_with_apis_of_others_is_not_told(rest: RestOf, alice: User, bob: User, theirs: Api) -> None:
    peer, group = UserFactory(organisation=alice.organisation), group_of(alice.organisation, "")
    set_owners(api=theirs, users=[alice, peer], groups=[group])
    delete_user(peer)
    delete_group(group)
    for each in AuditRecord.objects.filter(subject__in=[peer.pk, group.pk], diff__contains=theirs.pk):
        assert rest(bob).get(f"/api/audit-logs/{each.pk}").status_code == 401
        assert rest(alice).get(f"/api/audit-logs/{each.pk}").status_code == 200


def test_the_apis_of_a_record_are_signed(
    tamper: Callable[..., None], hanging: None, organisation_a: Organisation
) -> None:
    group_of(organisation_a, "theirs-id")
    assert not problem()
    tamper("UPDATE audit_auditrecord SET api_ids = '{}' WHERE api_ids = '{theirs-id}'")
    assert "was changed" in problem()


def test_a_model_whose_rows_name_several_apis_says_which_or_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserGroupQuerySet, "api_lookup", lambda rows, apis: rows)
    assert [message.id for message in audited_field_errors(UserGroup)] == ["audit.E005"]
    monkeypatch.setattr(UserGroup, "audit_apis", lambda self: frozenset({"one", "two"}))
    assert list(audited_field_errors(UserGroup)) == []
