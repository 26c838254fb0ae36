"""Whoever touches the log is found out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from apps.audit import tasks
from apps.audit.chain import verify
from apps.audit.models import AuditChain, AuditRecord
from tests.audit.conftest import A, B, problem, record

pytestmark = pytest.mark.django_db

Tamper = Callable[..., None]


@pytest.fixture
def ten(db: None) -> list[AuditRecord]:
    """Ten records of A, with some of B between them."""
    return [made for number in range(10) for made in (record(A, f"Action {number}"), record(B))[:1]]


def test_a_chain_that_nobody_touched_is_whole(ten: list[AuditRecord]) -> None:
    assert [(verdict.organisation, verdict.records, verdict.problem) for verdict in verify()] == [
        (A, 10, ""),
        (B, 10, ""),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "action = 'Another'",
        "url = url || ' '",
        "status = 201",
        "\"user\" = 'bob@example.com'",
        "timestamp = timestamp + interval '1 microsecond'",
        "ip = '127.0.0.1'",
        "diff = '{}'",
        "response_dump = 'x'",
        "kind = 'user'",
        "subject = '1'",
        "id = 'f' || substr(id, 2)",
        "request_id = 'x'",
        "digest = repeat('0', 64)",
    ],
)
def test_an_edited_record_is_found(ten: list[AuditRecord], tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE audit_auditrecord SET {change} WHERE id = %s", ten[4].pk)
    assert "record 5 (" in problem()
    assert problem(B) == ""


@pytest.mark.parametrize(
    ("gone", "words"),
    [((0,), "record 1 is missing"), ((4,), "record 5 is missing"), ((4, 5, 6), "records 5–7 are missing")],
)
def test_a_removed_record_is_found(ten: list[AuditRecord], tamper: Tamper, gone: tuple[int, ...], words: str) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE id = ANY(%s)", [ten[place].pk for place in gone])
    assert problem() == words


def test_a_removed_record_whose_gap_is_closed_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE id = %s", ten[4].pk)
    for place in range(6, 11):
        tamper(
            "UPDATE audit_auditrecord SET sequence = %s WHERE organisation = %s AND sequence = %s", place - 1, A, place
        )
    tamper("UPDATE audit_auditchain SET sequence = 9 WHERE organisation = %s", A)
    assert "record 5 (" in problem()


def test_reordered_records_are_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    for old, new in ((4, 0), (5, 4), (0, 5)):
        tamper("UPDATE audit_auditrecord SET sequence = %s WHERE organisation = %s AND sequence = %s", new, A, old)
    assert "record 4 (" in problem()


def test_a_record_moved_to_another_organisation_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("UPDATE audit_auditrecord SET organisation = %s, sequence = 11 WHERE id = %s", B, ten[9].pk)
    assert problem() == "record 10 is missing at the end"
    assert "record 11 (" in problem(B)


def test_a_truncated_chain_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence > 7", A)
    assert problem() == "records 8–10 are missing at the end"
    record(A)
    assert problem() == "records 8–10 are missing"


def test_a_chain_truncated_together_with_its_head_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence > 7", A)
    tamper("UPDATE audit_auditchain SET sequence = 7, digest = %s WHERE organisation = %s", ten[6].digest, A)
    assert problem() == "the head of the chain (record 7) was written without the secret"
    record(A)  # which signs the head again, and must not cover it up
    record(A)
    assert problem() == "the head of the chain was written without the secret after record 7"


def test_a_chain_whose_head_is_gone_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditchain WHERE organisation = %s", A)
    assert "the head of the chain is record 0" in problem()


def test_an_anchor_that_hides_removed_records_is_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence <= 3", A)
    sql = "UPDATE audit_auditchain SET pruned_sequence = 3, pruned_digest = %s WHERE organisation = %s"
    tamper(sql, ten[2].digest, A)
    assert "was written without the secret" in problem()


def test_records_signed_with_another_secret_are_found(ten: list[AuditRecord], settings: Settings) -> None:
    settings.AUDIT_SECRET = "somebody else's"
    assert "record 1 (" in problem()


@pytest.mark.parametrize("sql", ["UPDATE audit_auditrecord SET action = ''", "DELETE FROM audit_auditrecord"])
def test_postgresql_refuses_to_change_and_delete(ten: list[AuditRecord], sql: str) -> None:
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        connection.cursor().execute(sql)
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        AuditRecord.objects.all().delete()
    assert problem() == ""


@pytest.mark.parametrize(
    "sql", ["TRUNCATE audit_auditrecord", "TRUNCATE audit_auditchain", "DELETE FROM audit_auditchain"]
)
def test_postgresql_refuses_to_empty_the_log_and_to_drop_heads(
    ten: list[AuditRecord], tamper: Tamper, sql: str
) -> None:
    tamper("SELECT 1")  # which switches on what tests have off
    connection.cursor().execute("SET LOCAL weir.audit_retention = 'on'")
    with pytest.raises(DatabaseError, match="are not deleted"), transaction.atomic():
        connection.cursor().execute(sql)
    assert problem() == ""


def test_even_in_its_own_transaction_retention_changes_nothing(ten: list[AuditRecord]) -> None:
    connection.cursor().execute("SET LOCAL weir.audit_retention = 'on'")
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        connection.cursor().execute("UPDATE audit_auditrecord SET action = ''")


@pytest.mark.django_db(transaction=True)
def test_threads_that_write_at_once_make_one_chain() -> None:
    failures: list[BaseException] = []

    def write_some() -> None:
        try:
            for _ in range(25):
                record(A)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    (verdict,) = verify()
    assert (verdict.records, verdict.sequence, verdict.problem) == (200, 200, "")


def output(*arguments: str, **options: Any) -> str:
    """Give what the command prints."""
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_it_found(ten: list[AuditRecord], tamper: Tamper) -> None:
    assert output() == f"{A}: 10 records, sequence 1–10, whole\n{B}: 10 records, sequence 1–10, whole\n"
    tamper("UPDATE audit_auditrecord SET action = '' WHERE id = %s", ten[4].pk)
    assert output("--organisation", B) == f"{B}: 10 records, sequence 1–10, whole\n"
    with pytest.raises(CommandError, match=rf"record 5 \({ten[4].pk}\) was changed") as raised:
        output()
    assert raised.value.returncode == 1


def test_the_command_has_nothing_to_say_of_an_empty_log(db: None) -> None:
    assert output() == "No audit records.\n"


def test_every_night_the_log_is_told_where_chains_end(
    ten: list[AuditRecord], tamper: Tamper, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.verify()
    ends = [f"Audit chain of {A} ends with record 10, digest {ten[9].digest}"]
    assert caplog.messages[:1] == ends
    assert {line.levelname for line in caplog.records} == {"INFO"}
    caplog.clear()
    tamper("UPDATE audit_auditrecord SET action = '' WHERE id = %s", ten[4].pk)
    tasks.verify()
    assert (caplog.records[0].name, caplog.records[0].levelname) == ("weir.audit", "ERROR")
    assert "record 5 (" in caplog.messages[0]
    assert f"Audit chain of {A} ends with record 10" in caplog.messages[1]


def test_a_head_that_is_put_back_shows_in_the_log(
    ten: list[AuditRecord], tamper: Tamper, caplog: pytest.LogCaptureFixture
) -> None:
    older = AuditChain.objects.get(organisation=A)
    record(A)
    tasks.verify()
    tamper("DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence > 10", A)
    older.save()
    tasks.verify()
    told = [line.args[1] for line in caplog.records if line.args and line.args[0] == A]  # type: ignore[index]
    assert told == [11, 10]


@pytest.mark.parametrize("loss", ["everything", "an older state is put back"])
def test_heads_remembered_elsewhere_show_what_the_tables_cannot(
    ten: list[AuditRecord], tamper: Tamper, tmp_path: Any, loss: str
) -> None:
    heads = tmp_path / "heads.json"
    older = AuditChain.objects.get(organisation=A)
    record(A)
    output(heads=heads)
    output(heads=heads)
    if loss == "everything":
        tamper("DELETE FROM audit_auditrecord WHERE organisation = %s", A)
        tamper("DELETE FROM audit_auditchain WHERE organisation = %s", A)
    else:
        tamper("DELETE FROM audit_auditrecord WHERE organisation = %s AND sequence > 10", A)
        older.save()
    assert "whole" in output()
    with pytest.raises(CommandError, match="record 11, which an earlier check saw, is gone"):
        output(heads=heads)
