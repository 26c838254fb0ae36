"""Requests of nobody in particular: counted, and recorded once for each address and minute."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AnonymousTally, AuditRecord
from apps.audit.services import record_anonymous_requests
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit.minutes import end_minute

pytestmark = pytest.mark.django_db

RestOf = Callable[..., APIClient]


def ask(address: str, path: str = "/api/users") -> None:
    assert Client().get(path, REMOTE_ADDR=address).status_code in {401, 404}


def told() -> list[tuple[str, str, str, int]]:
    """Address, action, URL and number of requests of each record."""
    records = AuditRecord.objects.exclude(user="system").order_by("sequence")
    return [
        (one.ip, one.action, one.url, one.changes[f"anonymous/{one.ip}"]["requests"][1]) for one in records if one.diff
    ]


def test_each_address_has_one_record_for_a_minute() -> None:
    for _ in range(3):
        ask("203.0.113.1")
    ask("203.0.113.1", "/api/apis")
    ask("203.0.113.2", "/api/nothing")
    record_anonymous_requests()
    assert told() == [], "the minute is not over"
    end_minute()
    assert told() == [
        ("203.0.113.1", "Anonymous Requests", "/api/users", 4),
        ("203.0.113.2", "", "/api/nothing", 1),
    ]
    end_minute()
    assert len(told()) == 2
    assert not AnonymousTally.objects.exists()


def test_one_request_keeps_the_name_of_what_was_asked_for() -> None:
    ask("203.0.113.1")
    end_minute()
    assert told() == [("203.0.113.1", "List Users", "/api/users", 1)]


def test_known_people_have_a_record_for_each_request(rest: RestOf, alice: User) -> None:
    for _ in range(3):
        rest(alice).get("/api/users")
    assert AuditRecord.objects.filter(user=alice.email, method="GET").count() == 3


def test_with_detailed_recording_each_request_is_kept_in_full(settings: Settings) -> None:
    settings.AUDIT_DETAILED_RECORDING = True
    ask("203.0.113.1")
    assert AuditRecord.objects.get(url="/api/users").request_dump.startswith("GET /api/users")


def test_they_go_where_all_records_go(
    settings: Settings, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    settings.AUDIT_STORE_TYPE, settings.AUDIT_PATH = "file", str(tmp_path / "audit.log")
    ask("203.0.113.1")
    with django_capture_on_commit_callbacks(execute=True):
        end_minute()
    assert "203.0.113.1" in (tmp_path / "audit.log").read_text()


@pytest.mark.django_db(transaction=True)
def test_none_is_lost_when_many_come_at_once_and_two_record_them(organisation_a: Organisation) -> None:
    def work(number: int) -> None:
        try:
            ask("203.0.113.9")
            if number % 5 == 0:
                record_anonymous_requests()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(20)))
        list(pool.map(lambda _: _recorded(), range(2)))
    assert sum(number for *_, number in told()) == 20


def _recorded() -> None:
    try:
        end_minute()
    finally:
        connections.close_all()
