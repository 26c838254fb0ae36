"""Waking a worker: at once when the queue is there, and without keeping anybody waiting when it is not."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.db import connection, transaction

from apps.outbox import attempts, services, wakeups
from apps.outbox.models import Delivery
from config import celery_app
from tests.outbox.conftest import Receiver


@pytest.fixture(autouse=True)
def connected_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without connection, and with a queue that was there."""
    monkeypatch.setattr(wakeups, "_silent_until", 0.0)
    wakeups._connection.cache_clear()
    yield
    wakeups._connection.cache_clear()


@pytest.fixture
def queue_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Look for the queue elsewhere."""
    return lambda url: monkeypatch.setitem(celery_app.conf, "broker_write_url", url)


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and says nothing, as one does whose machine is gone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_message_is_in_the_queue_of_the_workers() -> None:
    with current_app.connection_for_read() as broker, broker.SimpleQueue("weir") as queue:
        queue.clear()
        assert wakeups.wake_worker("a" * 24)
        message = queue.get(timeout=5)
        message.ack()
        assert message.headers["task"] == "outbox.deliver"
        assert message.payload[0] == ["a" * 24]


@pytest.mark.parametrize("is_silent", [False, True])
def test_nobody_waits_for_a_queue_that_is_away(
    is_silent: bool, silent_server: str, queue_at: Callable[[str], None]
) -> None:
    queue_at(silent_server if is_silent else "redis://127.0.0.1:1/0")
    began = time.monotonic()
    assert [wakeups.wake_worker("a" * 24) for _ in range(20)] == [False] * 20
    assert time.monotonic() - began < 5


def test_it_is_asked_again_after_a_while(queue_at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setitem(celery_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
        assert not wakeups.wake_worker("a" * 24)
    wakeups._connection.cache_clear()
    assert not wakeups.wake_worker("a" * 24), "it was away a moment ago"
    monkeypatch.setattr(wakeups, "_silent_until", wakeups._silent_until - wakeups.SWEEP_INTERVAL)
    assert wakeups.wake_worker("a" * 24)


@pytest.mark.django_db(transaction=True)
def test_a_change_is_committed_without_a_queue_and_delivered_by_a_sweep(
    receiver: Receiver, silent_server: str, queue_at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_at(silent_server)
    began = time.monotonic()
    with transaction.atomic():
        services.put("test", {"number": 1})
    assert time.monotonic() - began < 5
    connection.close()
    assert Delivery.objects.due().count() == 1
    monkeypatch.setattr(attempts, "wake_worker", lambda pk: attempts.deliver(pk) is None)  # the queue is back
    attempts.sweep()
    assert receiver.taken == [{"number": 1}]


def test_the_schedule_sweeps_as_often_as_workers_expect() -> None:
    schedule = {entry["task"]: entry for entry in celery_app.conf.beat_schedule.values()}
    assert schedule["outbox.sweep"]["schedule"] == wakeups.SWEEP_INTERVAL
    assert "outbox.forget" in schedule
