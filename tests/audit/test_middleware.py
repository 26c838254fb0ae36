"""One record per request, in one transaction with what the request changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.querysets import AuditRecordQuerySet
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit import routes
from tests.audit.minutes import end_minute
from tests.plugins.cast import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.audit.routes")]

RestOf = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]


def of_requests() -> AuditRecordQuerySet:
    """Give the records of requests: making the cast is recorded as well."""
    end_minute()
    return AuditRecord.objects.exclude(user="system")


def only_record() -> AuditRecord:
    """Give the one record of a request."""
    return of_requests().get()


def test_it_records_a_write_with_what_changed(rest: RestOf, alice: User) -> None:
    headers = {"HTTP_X_REQUEST_ID": "request-1"}
    answer = rest(alice).post("/api/things?a=1", {"way": "well"}, REMOTE_ADDR="203.0.113.9", **headers)
    record = only_record()
    assert answer.status_code == record.status == 200
    assert (record.organisation, record.user) == (alice.organisation_id, alice.email)
    assert (record.request_id, record.ip) == ("request-1", "203.0.113.9")
    assert (record.method, record.url, record.action) == ("POST", "/api/things?a=1", "Create Thing")
    made = Organisation.objects.get(owner_name="Thing").pk
    assert (record.kind, record.subject) == ("thing", made)
    assert record.changes == {f"thing/{made}": {"owner_name": [None, "Thing"], "password": [None, "…"]}}
    assert (record.request_dump, record.response_dump) == ("", "")


@pytest.mark.parametrize(("way", "status"), [("refused", 403), ("bug", 500)])
def test_what_is_refused_leaves_its_status_and_no_change(rest: RestOf, alice: User, way: str, status: int) -> None:
    answer = rest(alice).post("/api/things", {"way": way})
    record = only_record()
    assert answer.status_code == record.status == status
    assert (record.diff, record.action) == ("", "Create Thing")
    assert not Organisation.objects.filter(owner_name="Thing").exists()


def test_a_part_that_is_undone_is_in_no_diff(rest: RestOf, alice: User) -> None:
    assert rest(alice).post("/api/things", {"way": "half"}).status_code == 200
    assert [fields["owner_name"] for fields in only_record().changes.values()] == [[None, "Thing"]]


def test_what_postgresql_refused_is_not_answered_as_done(rest: RestOf, alice: User) -> None:
    answer = rest(alice).post("/api/things", {"way": "swallowed"})
    assert (answer.status_code, answer.json()["Status"]) == (500, "Error")
    assert (only_record().status, only_record().diff) == (500, "")
    assert not Organisation.objects.filter(owner_name="Thing").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["inserted", "committed"])
def test_a_change_that_cannot_be_recorded_is_undone(
    rest: RestOf, alice: User, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("disk full")

    routes.HOOKS.clear()
    client = rest(alice)
    model = AuditRecord if when == "inserted" else AuditChain
    monkeypatch.setattr(model, "save", fail)
    answer = client.post("/api/things", {"way": "well"})
    assert (answer.status_code, answer.json()) == (
        500,
        {"Status": "Error", "Message": "Internal server error", "Meta": None},
    )
    assert not Organisation.objects.filter(owner_name="Thing").exists()
    assert not of_requests().exists()
    assert routes.HOOKS == []


@pytest.mark.django_db(transaction=True)
def test_what_is_to_happen_on_commit_happens_once(rest: RestOf, alice: User) -> None:
    routes.HOOKS.clear()
    client = rest(alice)
    client.post("/api/things", {"way": "well", "name": "One"})
    client.post("/api/things", {"way": "refused", "name": "Two"})
    assert routes.HOOKS == ["One"]


def test_it_records_reads_of_rest_with_the_name_of_the_action(rest: RestOf, alice: User) -> None:
    rest(alice).get("/api/things")
    rest(alice).head("/api/things")
    assert [(record.method, record.action) for record in of_requests().order_by("sequence")] == [
        ("GET", "List Things"),
        ("HEAD", "List Things"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/nothing", 404),
        ("post", "/admin", 404),
        ("delete", "/api/things", 401),
        ("get", "/api/things", 401),
    ],
)
def test_it_records_what_leads_nowhere(rest: RestOf, db: None, method: str, path: str, status: int) -> None:
    assert getattr(rest(), method)(path).status_code == status
    record = only_record()
    assert (record.organisation, record.user, record.url) == ("", "", path)


def test_it_records_who_tries_a_wrong_key(rest: RestOf, alice: User) -> None:
    client = rest()
    client.credentials(HTTP_AUTHORIZATION="f" * 32)
    assert client.get("/api/things").status_code == 401
    assert (only_record().organisation, only_record().user, only_record().status) == ("", "", 401)


def test_the_admin_secret_is_admin_in_the_organisation_that_the_change_names(rest: RestOf, settings: Settings) -> None:
    settings.ADMIN_SECRET = "the admin secret"
    client = rest()
    assert client.post("/admin/things", HTTP_ADMIN_AUTH="the admin secret").status_code == 200
    assert (only_record().organisation, only_record().user) == ("a" * 24, "admin")
    assert client.post("/admin/things", HTTP_ADMIN_AUTH="another").status_code == 401
    refused = of_requests().get(status=401)
    assert (refused.organisation, refused.user) == ("", "")


def test_it_records_login_and_log_out_with_who_it_was(alice: User) -> None:
    browser = Client()
    browser.get("/login/")
    browser.post("/login/", {"username": alice.email, "password": "wrong"})
    browser.post("/login/", {"username": alice.email, "password": PASSWORD})
    browser.post("/logout/")
    records = of_requests().order_by("id")
    assert [(record.user, record.organisation, record.url) for record in records] == [
        (alice.email, alice.organisation_id, "/login/"),
        (alice.email, alice.organisation_id, "/logout/"),
        ("", "", "/login/"),  # told when its minute is over
    ]


def test_it_records_what_staff_write_and_not_what_they_read(browser_of: BrowserOf, dora: User) -> None:
    browser = browser_of(dora)
    browser.get("/staff/organisations/organisation/")
    assert not of_requests().exists()
    browser.post("/staff/organisations/organisation/add/", {})
    assert (only_record().action, only_record().user, only_record().organisation) == (
        "Create Organisation",
        dora.email,
        "",
    )


def test_a_link_that_changes_something_is_recorded(browser_of: BrowserOf, alice: User) -> None:
    browser_of(alice).get("/link/?nonce=123456789")
    record = only_record()
    assert (record.user, record.method, record.url) == (alice.email, "GET", "/link/?nonce=…")
    assert [fields["owner_name"] for fields in record.changes.values()] == [[None, "By link"]]


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_declared_to_write_is_undone_with_its_record(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    assert browser.get("/declared-link/?status=403").status_code == 403
    assert (only_record().status, only_record().diff) == (403, "")
    monkeypatch.setattr(AuditRecord, "save", mock.Mock(side_effect=DatabaseError("disk full")))
    assert browser.get("/declared-link/").status_code == 500
    assert not Organisation.objects.filter(owner_name="By link").exists()
    monkeypatch.undo()
    assert browser.get("/declared-link/").status_code == 200
    assert of_requests().get(status=200).changes


@pytest.mark.parametrize(("status", "is_kept"), [(302, True), (399, True), (400, False)])
def test_an_answer_refuses_from_400_on(browser_of: BrowserOf, alice: User, status: int, is_kept: bool) -> None:
    browser_of(alice).get(f"/declared-link/?status={status}")
    assert Organisation.objects.filter(owner_name="By link").exists() == is_kept
    assert (only_record().status, bool(only_record().diff)) == (status, is_kept)


def test_a_form_without_its_token_is_recorded(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post("/logout/").status_code == 403
    assert (only_record().status, only_record().user) == (403, alice.email)


@pytest.mark.django_db(transaction=True)
def test_it_lets_answers_stream(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    streamed = b"".join(browser.post("/stream/").streaming_content)  # type: ignore[attr-defined]
    assert b"Streamed" in streamed
    assert only_record().status == 200


def test_it_can_be_switched_off(rest: RestOf, alice: User, settings: Settings) -> None:
    settings.AUDIT_ENABLED = False
    assert rest(alice).post("/api/things", {"way": "well"}).status_code == 200
    assert not of_requests().exists()


@pytest.mark.parametrize("way", ["refused", "bug"])
def test_what_is_refused_is_undone_while_it_is_off(rest: RestOf, alice: User, settings: Settings, way: str) -> None:
    settings.AUDIT_ENABLED = False
    assert rest(alice).post("/api/things", {"way": way}).status_code >= 400
    assert not Organisation.objects.filter(owner_name="Thing").exists()


def test_it_can_keep_nothing(rest: RestOf, alice: User, settings: Settings) -> None:
    settings.AUDIT_STORE_TYPE = "no_op"
    assert rest(alice).post("/api/things", {"way": "well"}).status_code == 200
    assert not of_requests().exists()


@pytest.mark.parametrize(
    ("trusted", "header", "shown"),
    [
        (False, "198.51.100.7", "203.0.113.9"),
        (True, "198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (True, "[2001:db8::1]:443", "2001:db8::1"),
        (True, "198.51.100.7:8080", "198.51.100.7"),
        (True, "<script>", "203.0.113.9"),
        (True, "", "203.0.113.9"),
        (True, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_it_believes_a_proxy_only_where_it_is_told_to(
    rest: RestOf, alice: User, settings: Settings, trusted: bool, header: str, shown: str
) -> None:
    settings.TRUST_FORWARDED_FOR = trusted
    rest(alice).get("/api/things", HTTP_X_FORWARDED_FOR=header, REMOTE_ADDR="203.0.113.9")
    assert only_record().ip == shown


@pytest.mark.parametrize(
    ("peer", "shown"),
    [("::ffff:203.0.113.9", "203.0.113.9"), ("::ffff:cb00:7109", "203.0.113.9"), ("2001:db8::1", "2001:db8::1")],
)
def test_an_ipv4_client_of_an_ipv6_socket_is_its_own_address(rest: RestOf, alice: User, peer: str, shown: str) -> None:
    rest(alice).get("/api/things", REMOTE_ADDR=peer)
    assert only_record().ip == shown
