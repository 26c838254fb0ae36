"""``/api/audit-logs``: lists, filters, files, one record; refusals and tenancy."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import ExpressionWrapper, Func, TextField, Value
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.audit import models, views, viewsets
from apps.audit.models import AuditRecord
from apps.audit.querysets import AuditRecordQuerySet
from apps.core import pagination
from apps.core.timeouts import QueryTimeout
from apps.users.models import User
from tests.audit.conftest import A, B, record

pytestmark = pytest.mark.django_db

RestOf = Callable[..., APIClient]
LIST = "/api/audit-logs"
FIELDS = ["_id", "req_id", "org_id", "date", "timestamp", "ip", "user", "action", "method", "url", "status"]
NOON = datetime(2024, 11, 5, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AuditRecord]:
    """Put a record of a moment into the log."""

    def put(moment: datetime, **fields: Any) -> AuditRecord:
        with monkeypatch.context() as then:
            then.setattr(models.timezone, "now", lambda: moment)
            return record(**fields)

    return put


@pytest.fixture
def several(at: Callable[..., AuditRecord]) -> None:
    """Records that differ in one thing each."""
    day = timedelta(days=1)
    at(NOON - day, action="schema in path", url="/api/schema/x")
    at(NOON, action="schema in query", url="/tib/get/1?schema=json")
    at(NOON + 0.5 * day, action="midnight", method="PUT", url="/api/Schema")
    at(NOON + day, action="Update User", user="bob@example.com", status=403, ip="203.0.113.9")
    record(B, action="of B")


def actions(client: APIClient, query: str) -> list[str]:
    """Give the actions of a list, without those that the test itself made."""
    body = client.get(f"{LIST}?{query}&p=0").json()
    ours = ("schema in path", "schema in query", "midnight", "Update User", "of B")
    return [row["action"] for row in body["audit_logs"] if row["action"] in ours]


def test_a_list_is_as_documented(rest: RestOf, bob: User, at: Callable[..., AuditRecord]) -> None:
    made = at(NOON, request_id="r1", ip="203.0.113.9", user="x@example.com", action="List APIs", url="/api/apis?p=1")
    body = rest(bob).get(f"{LIST}?action=list%20apis").json()
    assert list(body) == ["audit_logs", "pages"]
    assert body["pages"] == 1
    (row,) = body["audit_logs"]
    assert list(row) == FIELDS
    assert row == {
        "_id": made.pk, "req_id": "r1", "org_id": A, "date": "Tue, 05 Nov 2024 12:00:00 UTC", "timestamp": 1730808000,
        "ip": "203.0.113.9", "user": "x@example.com", "action": "List APIs", "method": "GET", "url": "/api/apis?p=1",
        "status": 200,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Update User", "midnight", "schema in query", "schema in path"]),
        ("url=schema", ["schema in path"]),
        ("url=/api/s", ["schema in path"]),
        ("url=%25", []),
        ("user=bob@example.com", ["Update User"]),
        ("user=BOB@example.com", ["Update User"]),
        ("user=bob", []),
        ("action=update%20user", ["Update User"]),
        ("method=put", ["midnight"]),
        ("status=403", ["Update User"]),
        ("ip=203.0.113.9", ["Update User"]),
        ("from_date=2024-11-06", ["Update User", "midnight"]),
        ("to_date=2024-11-05", ["schema in query", "schema in path"]),
        ("from_date=2024-11-05&to_date=2024-11-05", ["schema in query"]),
        ("from_date=2024-11-07&to_date=2024-11-01", []),
        ("unknown=1", ["Update User", "midnight", "schema in query", "schema in path"]),
        ("to_date=9998-01-01&status=403", ["Update User"]),
        ("from_date=0001-01-01&status=403", ["Update User"]),
    ],
)
def test_it_filters(rest: RestOf, bob: User, several: None, query: str, found: list[str]) -> None:
    assert actions(rest(bob), query) == found


def test_pages_are_counted_from_the_newest(rest: RestOf, bob: User) -> None:
    client = rest(bob)
    for number in range(25):
        record(action="counted", status=number)
    pages = [client.get(f"{LIST}?action=counted&p={page}").json() for page in (1, 3, 4, 0, -2)]
    assert [[row["status"] for row in page["audit_logs"]][:2] for page in pages] == [
        [24, 23],
        [4, 3],
        [],
        [24, 23],
        [24, 23],
    ]
    assert [page["pages"] for page in pages] == [3, 3, 3, 1, 1]
    assert [len(page["audit_logs"]) for page in pages] == [10, 5, 0, 25, 25]


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "status=1.5",
        "from_date=yesterday",
        "to_date=2024-13-01",
        "user=%00",
        "url=a%00",
        "to_date=9999-12-31",
    ],
)
def test_it_refuses_what_it_cannot_look_for(rest: RestOf, bob: User, query: str) -> None:
    answer = rest(bob).get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert answer.json() == {"Status": "Error", "Message": "could not retrieve audit records", "Meta": None}


def test_it_gives_one_record_with_its_diff_and_dumps(rest: RestOf, bob: User) -> None:
    made = record(request_dump="GET / HTTP/1.1", response_dump="HTTP/1.1 200 OK")
    row = rest(bob).get(f"{LIST}/{made.pk}/").json()
    assert list(row) == [*FIELDS, "request_dump", "response_dump"]
    assert row["request_dump"] == "GET / HTTP/1.1"
    assert "request_dump" not in rest(bob).get(LIST).json()["audit_logs"][0]


@pytest.mark.parametrize(("sought", "status"), [("5" * 24, 404), ("1", 400), ("x" * 24, 400), ("5%00" + "5" * 22, 400)])
def test_it_says_when_there_is_no_such_record(rest: RestOf, bob: User, sought: str, status: int) -> None:
    answer = rest(bob).get(f"{LIST}/{sought}")
    assert (answer.status_code, answer.json()["Message"]) == (status, "could not retrieve audit record")


def test_a_record_of_another_organisation_is_not_there(rest: RestOf, bob: User) -> None:
    answer = rest(bob).get(f"{LIST}/{record(B).pk}")
    assert (answer.status_code, answer.json()["Message"]) == (404, "could not retrieve audit record")


def test_organisations_see_their_own_and_super_users_all(
    rest: RestOf, bob: User, charlie: User, dora: User, several: None
) -> None:
    record("", action="of B", status=401)
    assert actions(rest(charlie), "") == ["of B"]
    assert len(actions(rest(dora), "")) == 6
    for person, organisation in ((bob, A), (charlie, B)):
        rows = rest(person).get(f"{LIST}?p=0").json()["audit_logs"]
        assert {row["org_id"] for row in rows} == {organisation}
        file = b"".join(rest(person).get(f"{LIST}?download=true").streaming_content)
        assert {row["org_id"] for row in json.loads(file)} == {organisation}


def test_a_file_needs_the_permission_too(rest: RestOf, bob: User) -> None:
    client = rest(bob)
    User.objects.filter(pk=bob.pk).update(user_permissions={"apis": "write"})
    assert client.get(f"{LIST}?download=true").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_there_are_no_writes(rest: RestOf, alice: User, method: str) -> None:
    made = record()
    assert getattr(rest(alice), method)(f"{LIST}/{made.pk}").status_code == 405
    assert AuditRecord.objects.filter(pk=made.pk).exists()


def test_a_csv_file_has_every_record_and_no_formula(rest: RestOf, bob: User) -> None:
    for number in range(30):
        record(action='=HYPERLINK("x")', url="/api/ä,\n;", status=number, diff="")
    answer = rest(bob).get(f"{LIST}?download=true&type=csv&url=/api/ä")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="weir-audit-logs.csv"'
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert list(rows[0]) == [*FIELDS, "diff", "request_dump", "response_dump"]
    assert len(rows) == 30
    assert (rows[0]["action"], rows[0]["url"], rows[0]["status"]) == ('\'=HYPERLINK("x")', r"/api/ä,\n;", "29")


@pytest.mark.parametrize("kind", ["", "&type=json", "&type=other"])
def test_a_json_file_is_an_array(rest: RestOf, bob: User, several: None, kind: str) -> None:
    answer = rest(bob).get(f"{LIST}?download=1&from_date=2024-11-05&to_date=2024-11-06{kind}")
    assert answer["Content-Disposition"] == 'attachment; filename="weir-audit-logs.json"'
    rows = json.loads(b"".join(answer.streaming_content))
    assert [list(row) for row in rows] == [FIELDS] * 3
    nothing = rest(bob).get(f"{LIST}?download=true&status=999{kind}")
    assert json.loads(b"".join(nothing.streaming_content)) == []


@pytest.mark.django_db(transaction=True)
def test_a_file_streams_outside_of_a_transaction(rest: RestOf, bob: User) -> None:
    record(action="streamed")
    answer = rest(bob).get(f"{LIST}?download=true&action=streamed")
    assert len(json.loads(b"".join(answer.streaming_content))) == 1


def test_lists_end_where_reading_would_not(rest: RestOf, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = rest(bob)
    monkeypatch.setattr(viewsets, "MAX_PAGED", 20)
    monkeypatch.setattr(viewsets, "CHUNK", 7)
    for number in range(25):
        record(action="counted", status=number)
    found = [client.get(f"{LIST}?action=counted&p={page}") for page in (2, 3, 0)]
    assert [answer.status_code for answer in found] == [200, 400, 200]
    assert found[0].json()["pages"] == 2
    assert [row["status"] for row in found[2].json()["audit_logs"]] == list(range(24, -1, -1))
    assert "narrow the search" in found[1].json()["Message"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["0", "-1", "-7"])
def test_every_record_is_streamed_where_there_are_many(
    rest: RestOf, bob: User, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(viewsets, "CHUNK", 7)
    monkeypatch.setattr(pagination, "MOST_AT_ONCE", 10)
    for number in range(25):
        record(action="counted", status=number)
    answer = rest(bob).get(f"{LIST}?action=counted&p={page}")
    assert answer.streaming
    assert answer["Content-Type"] == "application/json"
    body = json.loads(b"".join(answer.streaming_content))
    assert body["pages"] == 1
    assert [row["status"] for row in body["audit_logs"]] == list(range(24, -1, -1))
    monkeypatch.setattr(pagination, "MOST_AT_ONCE", 26)
    assert rest(bob).get(f"{LIST}?action=counted&p={page}").json() == body


def test_a_search_that_takes_too_long_is_refused(
    rest: RestOf, browser_of: Callable[[User], Client], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asleep(rows: AuditRecordQuerySet) -> AuditRecordQuerySet:
        slow = Func(Value(5.0), function="pg_sleep", template="%(function)s(%(expressions)s)::text")
        return rows.alias(slept=ExpressionWrapper(slow, output_field=TextField())).filter(slept="")

    record()
    monkeypatch.setattr(AuditRecordQuerySet, "without_dumps", asleep)
    monkeypatch.setattr(viewsets, "SEARCH_TIMEOUT", 0.01)
    monkeypatch.setattr(views, "SEARCH_TIMEOUT", 0.01)
    answer = rest(bob).get(LIST)
    assert (answer.status_code, answer.json()["Message"]) == (400, QueryTimeout.message)
    page = browser_of(bob).get("/audit/records/").content.decode()
    assert "This takes too long to find" in page


def test_a_list_costs_the_same_queries_however_long(
    rest: RestOf, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = rest(bob)
    client.get(LIST)
    for more in (0, 20):
        for _ in range(more):
            record()
        with django_assert_num_queries(1 + 5 + 5):  # who asks; count and page, bounded; this request's own record
            client.get(LIST)


def test_it_is_described(client: Any, db: None) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) >= {"/api/audit-logs", "/api/audit-logs/{id}"}
    parameters = {parameter["name"] for parameter in paths["/api/audit-logs"]["get"]["parameters"]}
    assert parameters == {
        "p",
        "user",
        "action",
        "ip",
        "method",
        "status",
        "url",
        "from_date",
        "to_date",
        "download",
        "type",
    }
