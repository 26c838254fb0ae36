"""Old records go, and the chain stays one that can be checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit import chain, models, tasks
from apps.audit.chain import ChainVerifier, verify
from apps.audit.models import AuditChain, AuditRecord
from tests.audit.conftest import A, B, problem, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Seven records of A and three of B from long ago, two and none from now."""
    settings.AUDIT_RETENTION_DAYS = 30
    with monkeypatch.context() as then:
        long_ago = timezone.now() - timedelta(days=31)
        then.setattr(models.timezone, "now", lambda: long_ago)
        for organisation in (A, A, B, A, B, A, A, B, A, A):
            record(organisation)
    record(A)
    record(A)


def test_it_forgets_what_is_old_and_says_so(aged: None) -> None:
    tasks.forget()
    kept = AuditRecord.objects.filter(organisation=A).order_by("sequence")
    assert [(row.sequence, row.action) for row in kept] == [(8, "Test"), (9, "Test"), (10, chain.FORGET)]
    assert kept[2].changes == {"audit records": {"first": [1, None], "last": [7, None]}}
    assert (kept[2].user, kept[2].organisation) == ("system", A)
    assert [(verdict.organisation, verdict.first, verdict.problem) for verdict in verify()] == [(A, 8, ""), (B, 4, "")]


def test_it_goes_on_from_where_it_was(aged: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    assert chain.forget() == 10
    assert AuditChain.objects.get(organisation=A).pruned_sequence == 7
    assert chain.forget() == 0
    record(A)
    assert (problem(A), problem(B)) == ("", "")


def test_it_keeps_all_when_it_is_told_to(aged: None, settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 0
    assert chain.forget() == 0
    assert AuditRecord.objects.count() == 12


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditrecord SET action = 'x' WHERE sequence = 2 AND organisation = repeat('a', 24)",
        "DELETE FROM audit_auditrecord WHERE sequence = 2 AND organisation = repeat('a', 24)",
        "UPDATE audit_auditchain SET sequence = 3 WHERE organisation = repeat('a', 24)",
    ],
)
def test_it_does_not_cover_up_what_somebody_did(aged: None, tamper: Callable[..., None], sql: str) -> None:
    tamper(sql)
    before, found = AuditRecord.objects.filter(organisation=A).count(), problem(A)
    assert found
    tasks.forget()
    assert AuditRecord.objects.filter(organisation=A).count() == before
    assert problem(A) == found
    assert AuditRecord.objects.filter(organisation=B).count() == 1


def test_it_deletes_nothing_after_a_forged_head_was_signed_again(aged: None, tamper: Callable[..., None]) -> None:
    last = AuditRecord.objects.get(organisation=A, sequence=8)
    tamper("DELETE FROM audit_auditrecord WHERE sequence = 9 AND organisation = %s", A)
    tamper("UPDATE audit_auditchain SET sequence = 8, digest = %s WHERE organisation = %s", last.digest, A)
    record(A)  # which signs the head
    tasks.forget()
    assert AuditRecord.objects.filter(organisation=A).count() == 9
    assert problem(A) == "the head of the chain was written without the secret after record 8"


def test_the_chain_is_held_only_when_all_is_checked_and_deleted(aged: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        tasks.forget()
    statements = [query["sql"] for query in captured.captured_queries]
    held = [place for place, sql in enumerate(statements) if "FOR UPDATE" in sql]
    deleted = [place for place, sql in enumerate(statements) if sql.startswith("DELETE")]
    assert deleted[0] < held[0]


def test_two_at_once_delete_nothing_twice(aged: None, monkeypatch: pytest.MonkeyPatch) -> None:
    delete = chain._delete

    def overtaken(known: AuditChain, checked: ChainVerifier) -> None:
        with monkeypatch.context() as then:
            then.setattr(chain, "_delete", delete)
            then.setattr(chain, "BATCH", 2)
            chain._forget_batch(known.organisation, timezone.now() - timedelta(days=30))
        delete(known, checked)

    monkeypatch.setattr(chain, "_delete", overtaken)
    tasks.forget()
    assert AuditRecord.objects.filter(organisation=A, sequence__gt=2).count() == 8
    assert (problem(A), problem(B)) == ("", "")


def test_records_cut_off_before_retention_are_found_after_it(aged: None, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE sequence = 9 AND organisation = %s", A)
    tasks.forget()
    assert problem(A) == "record 9 is missing"
