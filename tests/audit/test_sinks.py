"""Records in files: text and JSON, whole lines, on commit only."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit import checks, sinks
from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit.conftest import A, record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.audit.routes")]

NAMES = ["req_id", "org_id", "date", "timestamp", "ip", "user", "action", "method", "url", "status"]


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    """The file that records go to."""
    settings.AUDIT_STORE_TYPE, settings.AUDIT_FORMAT = "file", "json"
    settings.AUDIT_PATH = str(tmp_path / "audit.log")
    return tmp_path / "audit.log"


def test_json_is_one_object_per_line(rest: Callable[..., APIClient], alice: User, file: Path) -> None:
    rest(alice).post("/api/things", {"way": "well"})
    rest(alice).get("/api/things", HTTP_X_REQUEST_ID="r-1")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    written, read = (row for row in rows if row["user"] != "system")
    assert list(read) == ["_id", *NAMES]
    assert (read["_id"], read["req_id"], read["org_id"], read["status"]) == ("", "r-1", alice.organisation_id, 200)
    made = Organisation.objects.get(owner_name="Thing").pk
    assert written["diff"] == {f"thing/{made}": {"owner_name": [None, "Thing"], "password": [None, "…"]}}
    assert not AuditRecord.objects.exists()


def test_text_is_one_field_per_line(settings: Settings, file: Path) -> None:
    settings.AUDIT_FORMAT = "text"
    record(action="Line one\nuser: somebody else\r\\", ip="203.0.113.9", request_id="r-1")
    record(action="Next")
    first, second, rest = file.read_text().split("\n\n")
    lines = first.split("\n")
    assert [line.split(": ")[0] for line in lines] == NAMES
    assert lines[6] == r"action: Line one\nuser: somebody else\r\\"
    assert second.split("\n")[6] == "action: Next"
    assert rest == ""


def test_it_is_written_on_commit_only(file: Path) -> None:
    with transaction.atomic():
        record()
        assert not file.exists()
        transaction.set_rollback(True)
    assert not file.exists()


def test_nobody_else_may_read_the_file(file: Path) -> None:
    record()
    assert file.stat().st_mode & 0o077 == 0


def _write(path: str, letter: str) -> None:
    for _ in range(200):
        sinks.append_text(path, letter * 5000 + "\n")


def test_processes_do_not_write_into_each_other(file: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(str(file), letter)) for letter in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    lines = file.read_text().splitlines()
    assert len(lines) == 800
    assert set(lines) == {letter * 5000 for letter in "abcd"}


def test_a_file_that_cannot_be_written_is_told_and_stops_nothing(
    rest: Callable[..., APIClient], alice: User, settings: Settings, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    settings.AUDIT_PATH = str(tmp_path / "none" / "audit.log")
    assert rest(alice).post("/api/things", {"way": "well"}).status_code == 200
    assert "could not be written" in caplog.text


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("AUDIT_PATH", "", ["audit.E001"]),
        ("AUDIT_PATH", "/nowhere/at/all", ["audit.E001"]),
        ("AUDIT_PATH", "/tmp", ["audit.E001"]),
        ("AUDIT_ENABLED", False, []),
        ("AUDIT_RETENTION_DAYS", -1, ["audit.E002"]),
        ("AUDIT_RETENTION_DAYS", 0, []),
    ],
)
def test_settings_that_cannot_work_are_told(settings: Settings, name: str, value: object, found: list[str]) -> None:
    setattr(settings, name, value)
    assert [message.id for message in checks.check_settings(None)] == found


def test_a_database_record_of_a_is_in_no_file(settings: Settings, file: Path) -> None:
    settings.AUDIT_STORE_TYPE = "db"
    record(A)
    assert not file.exists()
