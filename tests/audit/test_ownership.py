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
from apps.audit.context import audit_context
from apps.audit.models import AuditRecord
from apps.audit.services import store_record
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit.conftest import A, record

pytestmark = pytest.mark.django_db

RestOf = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
DUMP = "figures of everybody"


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
