"""A view that asks somebody else waits for them outside of its transaction, and writes in one with its record."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.core.transactions import RemoteInTransaction, refuse_in_transaction
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit import routes
from tests.audit.minutes import end_minute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.audit.routes")]


@pytest.fixture(autouse=True)
def asked() -> list[bool]:
    """Whether a transaction was open, when the view asked and when it wrote."""
    routes.ASKED.clear()
    return routes.ASKED


def follow(way: str = "") -> int:
    """Follow the link; gives the status."""
    return Client(raise_request_exception=False).get("/asking-link/", {"way": way}).status_code


def of_requests() -> QuerySet[AuditRecord]:
    """The records of requests, the newest first; those of factories are by the system."""
    end_minute()
    return AuditRecord.objects.exclude(user="system")


def recorded() -> list[tuple[int, bool]]:
    """The status of each request in the log, and whether its record tells a change."""
    return [(record.status, record.kind not in {"", "anonymous"}) for record in of_requests()]


def written() -> tuple[int, int]:
    """How many organisations and sessions there are."""
    return Organisation.objects.count(), Session.objects.count()


def test_it_asks_without_a_transaction_and_writes_in_one(asked: list[bool]) -> None:
    assert follow() == 200
    assert asked == [False, True]
    assert (written(), recorded()) == ((1, 1), [(200, True)])


def test_what_is_refused_after_asking_is_undone_and_recorded(asked: list[bool]) -> None:
    assert follow("refused") == 403
    assert (written(), recorded()) == ((0, 0), [(403, False)])


def test_nothing_is_written_without_its_record(asked: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuditRecord, "save", mock.Mock(side_effect=DatabaseError("disk full")))
    assert follow() == 500
    assert (written(), recorded()) == ((0, 0), [])


def test_an_answer_that_ends_the_request_is_recorded(asked: list[bool]) -> None:
    assert follow("nothing found") == 404
    assert (written(), recorded()) == ((0, 0), [(404, False)])


def test_nothing_is_told_before_the_transaction(asked: list[bool], caplog: pytest.LogCaptureFixture) -> None:
    assert follow("too early") == 500
    assert "begin_transaction() before anything is written" in caplog.text
    assert recorded() == [(500, False)]


@pytest.mark.parametrize(
    ("method", "address"), [("GET", "/asking-link/?way=twice"), ("GET", "/not-asking/"), ("POST", "/not-asking/")]
)
def test_a_transaction_begins_once(method: str, address: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Client(raise_request_exception=False).generic(method, address).status_code == 500
    assert "begins its transaction, and once" in caplog.text
    assert written() == (0, 0)


@pytest.mark.parametrize(("way", "status", "kept"), [("", 200, (1, 1)), ("refused", 403, (0, 0))])
def test_it_is_all_or_nothing_without_a_log_too(
    settings: Settings, asked: list[bool], way: str, status: int, kept: tuple[int, int]
) -> None:
    settings.AUDIT_ENABLED = False
    assert follow(way) == status
    assert (asked, written()) == ([False, True], kept)


def test_rest_asks_for_those_who_may_and_without_a_transaction(
    rest: Callable[..., APIClient], alice: User, bob: User, asked: list[bool]
) -> None:
    assert rest(bob).post("/api/asking-things", {}).status_code == 403
    assert asked == []
    assert rest(alice).post("/api/asking-things", {}).status_code == 200
    assert asked == [False, True]
    assert [(record.user, record.status, bool(record.diff)) for record in of_requests()] == [
        (alice.email, 200, True),
        (bob.email, 403, False),
    ]


def test_nobody_is_asked_inside_a_transaction() -> None:
    refuse_in_transaction("https://id.example.com/token")
    with transaction.atomic(), pytest.raises(RemoteInTransaction, match="token is asked inside a transaction"):
        refuse_in_transaction("https://id.example.com/token")
