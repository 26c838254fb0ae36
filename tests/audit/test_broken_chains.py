"""A break that somebody acknowledged hides no later one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit import chain, models
from apps.audit.models import AuditRecord
from apps.users.models import User
from tests.audit.conftest import A, B, problem, record

pytestmark = pytest.mark.django_db

Tamper = Callable[..., None]
BREAKS = {
    "edited": "UPDATE audit_auditrecord SET action = 'x' WHERE organisation = %s AND sequence = 3",
    "removed": "DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence = 3",
    "cut off": "DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence > 3",
    "head turned back": "UPDATE audit_auditchain SET sequence = 3 WHERE organisation = %s",
    "head removed": "DELETE FROM audit_auditchain WHERE organisation = %s",
}


@pytest.fixture(params=BREAKS)
def broken(request: pytest.FixtureRequest, db: None, tamper: Tamper, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of five old records that somebody broke, and a whole one."""
    with monkeypatch.context() as then:
        long_ago = timezone.now() - timedelta(days=31)
        then.setattr(models.timezone, "now", lambda: long_ago)
        for _ in range(5):
            record(A)
    record(B)
    tamper(BREAKS[request.param], A)
    assert problem(A)


def run(*arguments: str, **options: Any) -> str:
    """Give what the command prints."""
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("broken")
def test_the_chain_is_checked_from_there_on(tamper: Tamper) -> None:
    found = problem(A)
    assert run("--acknowledge", A, "--by", "Ann") == (
        f"Acknowledged by Ann: {found}. Records are checked from the next one on.\n"
    )
    told = AuditRecord.objects.get(action="Acknowledge Broken Audit Chain")
    assert (told.organisation, told.user) == (A, "system")
    fields = told.changes["audit records"]
    assert (fields["problem"], fields["by"]) == ([None, found], [None, "Ann"])
    for _ in range(3):
        record(A)
    assert "whole" in run()
    assert [problem(A), problem(B)] == ["", ""]
    tamper("UPDATE audit_auditrecord SET action = 'x' WHERE sequence = %s", told.sequence + 1)
    assert f"record {told.sequence + 1} (" in problem(A)


@pytest.mark.usefixtures("broken")
def test_nobody_without_the_secret_can_acknowledge(tamper: Tamper) -> None:
    sound = "sound_sequence = sequence, sound_digest = digest, broken_after = NULL"
    tamper(f"UPDATE audit_auditchain SET {sound} WHERE organisation = %s", A)
    assert problem(A)


@pytest.mark.usefixtures("broken")
def test_retention_deletes_what_was_acknowledged_and_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_RETENTION_DAYS = 30
    monkeypatch.setattr(chain, "BATCH", 2)
    chain.forget()
    assert problem(A)
    run("--acknowledge", A)
    record(A)
    chain.forget()
    kept = AuditRecord.objects.filter(organisation=A)
    assert not kept.filter(timestamp__lt=timezone.now() - timedelta(days=30)).exists()
    assert {"Acknowledge Broken Audit Chain", "Test", chain.FORGET} == {row.action for row in kept}
    assert problem(A) == ""
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(chain.timezone, "now", lambda: later)
    assert chain.forget() > 0
    assert problem(A) == ""


def test_there_must_be_something_to_acknowledge(db: None) -> None:
    record(A)
    with pytest.raises(CommandError, match="nothing to acknowledge"):
        run("--acknowledge", A)
    assert AuditRecord.objects.count() == 1


@pytest.mark.usefixtures("broken")
def test_heads_remembered_elsewhere_go_on_too(tmp_path: Any) -> None:
    heads = tmp_path / "heads.json"
    heads.write_text(f'{{"{A}": {{"sequence": 3, "digest": "{"0" * 64}"}}}}')
    with pytest.raises(CommandError):
        run(heads=heads)
    run("--acknowledge", A)
    run(heads=heads)


def test_an_organisation_with_users_and_without_a_chain_is_told(
    alice: User, dora: User, tamper: Tamper, settings: Settings
) -> None:
    record(alice.organisation_id)
    run()
    for table in ("audit_auditrecord", "audit_auditchain"):
        tamper(f"DELETE FROM {table} WHERE organisation = %s", alice.organisation_id)
    with pytest.raises(CommandError, match="there are users and no chain"):
        run()
    assert problem(B) == ""
    settings.AUDIT_STORE_TYPE = "file"
    assert "not whole" not in run()
