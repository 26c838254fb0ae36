"""Servers that go away in the middle: nothing is lost, nothing is doubled, and the next run goes on."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

import django.db
import psycopg
import pytest
from django.db import connection, connections
from redis import Redis
from redis.exceptions import RedisError

from apps.analytics.models import AnalyticsRecord, Slice
from apps.pump import drain, store, tasks
from apps.pump.claims import Claims
from apps.pump.drain import Drain
from tests.pump.payloads import requests
from tests.pump.storing import ledger

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def waiting(redis: Redis, source: str, settings: Any, moment: datetime) -> str:
    """A list of 30 records, in slices of ten."""
    settings.PUMP_SLICE_RECORDS = 10
    redis.rpush(source, *requests(30, moment))
    return source


def break_at(monkeypatch: pytest.MonkeyPatch, number: int, harm: Any) -> None:
    """Do harm in the transaction of the slice of that number, counted from 0, after its rows are in."""
    write_ledger, seen = store._write_ledger, []

    def write_ledger_or_not(*args: Any) -> None:
        write_ledger(*args)
        seen.append(1)
        if len(seen) == number + 1:
            harm()

    monkeypatch.setattr(store, "_write_ledger", write_ledger_or_not)


def terminate() -> None:
    """End this connection's backend, as a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_postgresql_that_goes_away_in_a_commit_loses_nothing(
    waiting: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    with monkeypatch.context() as broken:
        break_at(broken, number, terminate)
        tasks.drain()
    assert "Records wait in Redis" in caplog.text
    # The slices that were under way behind it may be in.
    stored = AnalyticsRecord.objects.count()
    assert stored in (10 * number, 20)
    with caplog.at_level(logging.INFO):
        tasks.drain()
    assert f"Drained {30 - stored} records" in caplog.text
    assert ledger() == (30, 30, 0, 0, 0)
    assert Claims().unreleased() == []


def test_redis_that_goes_away_between_slices_loses_nothing(
    waiting: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read, answers = Claims.read, []

    def read_or_not(*args: Any) -> list[bytes]:
        if len(answers) == 2:
            raise RedisError("gone")
        answers.append(read(*args))
        return answers[-1]

    with monkeypatch.context() as broken:
        broken.setattr(Claims, "read", read_or_not)
        tasks.drain()
    assert "Records wait in Redis, the next run takes them: gone" in caplog.text
    assert 10 <= AnalyticsRecord.objects.count() <= 20
    tasks.drain()
    assert ledger() == (30, 30, 0, 0, 0)


def test_a_drain_that_breaks_off_leaves_its_work_to_others(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        break_at(broken, 1, fail)
        with pytest.raises(ZeroDivisionError):
            Drain().run()
    other = threading.Thread(target=lambda: (Drain().run(), connections.close_all()))
    other.start()
    other.join(30)
    assert ledger() == (30, 30, 0, 0, 0)


def test_a_stripe_that_another_drain_holds_is_left_to_it(waiting: str, claims: Claims) -> None:
    claims.claim(waiting)
    (claim,) = claims.unreleased()
    second = list(drain.open_segments(claim))[1]
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        other = Drain()
        assert other._lock(second)
        held.set()
        done.wait(30)
        # A connection that closes frees its locks too, but nobody waits for the server to notice.
        other._unlock(second)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    assert Drain().run().records == 20
    assert set(Slice.objects.values_list("start", flat=True)) == {0, 20}
    assert len(claims.unreleased()) == 1
    done.set()
    holder.join(30)
    assert Drain().run().records == 10
    assert claims.unreleased() == []


@pytest.mark.parametrize("task", [tasks.drain, tasks.claim])
def test_a_redis_that_is_not_there_is_told(task: Any, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.GATEWAY_REDIS_URL = NOBODY
    task()
    assert "WARNING" in caplog.text
    assert "refused" in caplog.text


@pytest.mark.parametrize(
    "error", [django.db.OperationalError, django.db.InterfaceError, django.db.InternalError, psycopg.OperationalError]
)
def test_a_postgresql_that_is_not_there_is_told(
    error: type[Exception], waiting: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: Any) -> None:
        raise error("no server")

    monkeypatch.setattr(drain, "pump_config", away)
    tasks.drain()
    assert "the next run takes them: no server" in caplog.text


def test_the_claim_task_saves_the_lists_and_stores_nothing(waiting: str, claims: Claims) -> None:
    tasks.claim()
    assert [claim.length for claim in claims.unreleased()] == [30]
    assert not Slice.objects.exists()
