"""Attempts: one at a time, again after growing pauses, and given up in the end; what fails costs nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from apps.outbox import attempts, pauses, services, tasks
from apps.outbox.handlers import MAX_ATTEMPTS
from apps.outbox.models import Delivery
from tests.outbox.conftest import Handle, Receiver

pytestmark = pytest.mark.django_db

Status = Delivery.Status


def make_due() -> None:
    """Let pauses and leases be over."""
    Delivery.objects.update(available_at=timezone.now())


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Sweep; gives what workers were woken for."""

    def once() -> list[str]:
        woken: list[str] = []
        monkeypatch.setattr(attempts, "wake_worker", lambda pk: woken.append(pk) or True)  # type: ignore[func-returns-value]
        attempts.sweep()
        return woken

    return once


def test_a_failure_is_tried_again_later(delivery: Delivery, receiver: Receiver) -> None:
    receiver.errors = [ConnectionRefusedError("it restarts")]
    before = timezone.now()
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (Status.PENDING, "ConnectionRefusedError: it restarts")
    assert timedelta(seconds=3) < delivery.available_at - before < timedelta(seconds=8)
    attempts.deliver(delivery.pk)
    assert receiver.taken == [], "it was not due"
    make_due()
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.last_error) == (Status.DELIVERED, 2, "")


@given(st.integers(1, 10_000))
def test_pauses_grow_up_to_an_hour_and_differ(attempt: int) -> None:
    usual = min(5 * 2 ** min(attempt - 1, 30), 3600)
    found = {pauses.pause_after(attempt).total_seconds() for _ in range(20)}
    assert len(found) > 1
    assert min(found) >= usual * 0.75
    assert max(found) <= usual * 1.25


def test_the_usual_attempts_take_almost_a_day() -> None:
    longest = sum((pauses.pause_after(number) for number in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(hours=16) < longest < timedelta(hours=28)


def test_it_is_dead_after_the_last_attempt_and_kept(
    delivery: Delivery, receiver: Receiver, handle: Handle, sweep: Callable[[], list[str]]
) -> None:
    handle("test", receiver, max_attempts=3)
    receiver.errors = [OSError(f"failure {number}") for number in range(1, 5)]
    for number in range(1, 4):
        assert Delivery.objects.get().status == Status.PENDING
        make_due()
        attempts.deliver(delivery.pk)
        assert Delivery.objects.get().last_error == f"OSError: failure {number}"
    make_due()
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, len(receiver.errors)) == (Status.DEAD, 3, 1)
    assert delivery.payload, "it can be retried"
    assert sweep() == []


def test_what_kills_every_worker_is_given_up(delivery: Delivery, receiver: Receiver, handle: Handle) -> None:
    handle("test", receiver, max_attempts=2)
    Delivery.objects.update(attempts=2)  # two workers took it, and said nothing any more
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, receiver.taken) == (Status.DEAD, [])
    assert "killed" in delivery.last_error


def test_the_lease_lasts_longer_than_any_attempt(delivery: Delivery) -> None:
    held = attempts._lease(delivery.pk)
    assert held is not None
    assert attempts._lease(delivery.pk) is None
    assert held.available_at - timezone.now() > timedelta(seconds=attempts.TIME_LIMIT + 30)
    make_due()
    assert attempts._lease(delivery.pk) is not None


def test_secrets_are_in_no_error_and_no_log(
    delivery: Delivery, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.errors = [ValueError("550 <bob@example.com> refused: /reset#s3cret-token\0")]
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.last_error == "ValueError: 550 <…> refused: /reset#…"
    assert "refused" in caplog.text
    assert "in __call__" in caplog.text, "it says where"
    assert "s3cret" not in caplog.text
    assert "bob@example" not in caplog.text


def test_what_cannot_be_decrypted_any_more_is_a_failure(
    delivery: Delivery, receiver: Receiver, settings: Settings
) -> None:
    settings.SECRET_KEY = "another one"
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, receiver.taken) == (Status.PENDING, [])
    assert "SECRET_KEY" in delivery.last_error


def test_a_kind_that_this_worker_does_not_know_waits(delivery: Delivery) -> None:
    Delivery.objects.update(kind="of a newer Weir")
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (Status.PENDING, 1)
    assert "of a newer Weir" in delivery.last_error


def test_one_that_was_deleted_is_not_delivered(delivery: Delivery, receiver: Receiver) -> None:
    pk = delivery.pk
    delivery.delete()
    attempts.deliver(pk)
    assert receiver.taken == []


def test_what_hangs_has_a_time_limit(delivery: Delivery, handle: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "TIME_LIMIT", 0.05)
    is_over = Event()
    handle("test", lambda _: is_over.wait(20))
    began = time.monotonic()
    attempts.deliver(delivery.pk)
    is_over.set()
    assert time.monotonic() - began < 5
    delivery.refresh_from_db()
    assert "Not done within 0.05 seconds" in delivery.last_error
    assert delivery.available_at - timezone.now() > attempts.LEASE - timedelta(seconds=10), "it may go on a little"


def test_a_late_answer_does_not_undo_what_another_attempt_did(delivery: Delivery, receiver: Receiver) -> None:
    late = attempts._lease(delivery.pk)
    assert late is not None
    make_due()
    attempts.deliver(delivery.pk)
    before = Delivery.objects.values().get()
    attempts._failed(late, OSError("too late"), {})
    attempts._delivered(late)
    assert Delivery.objects.values().get() == before
    assert before["status"] == Status.DELIVERED


def test_a_late_failure_does_not_end_the_lease_of_the_next_attempt(delivery: Delivery) -> None:
    late = attempts._lease(delivery.pk)
    assert late is not None
    make_due()
    assert attempts._lease(delivery.pk) is not None
    before = Delivery.objects.values().get()
    attempts._failed(late, OSError("too late"), {})
    assert Delivery.objects.values().get() == before


def test_a_sweep_finds_all_that_is_due_and_takes_turns_by_kind(
    receiver: Receiver, handle: Handle, sweep: Callable[[], list[str]]
) -> None:
    handle("other", receiver)
    many = [services.put("test", {}).pk for _ in range(3)]
    one = services.put("other", {}).pk
    later = services.put("test", {}).pk
    Delivery.objects.filter(pk=later).update(available_at=timezone.now() + timedelta(minutes=1))
    woken = sweep()
    assert sorted(woken) == sorted([*many, one])
    assert one in woken[:2]


def test_a_sweep_ends_when_the_queue_is_away(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        services.put("test", {})
    asked: list[str] = []
    monkeypatch.setattr(attempts, "wake_worker", asked.append)
    attempts.sweep()
    assert len(asked) == 1


@pytest.mark.parametrize("task", [tasks.sweep, lambda: tasks.deliver("0" * 24)])
def test_tasks_wait_for_a_database_that_is_away(task: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("it restarts")

    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction is in it
    monkeypatch.setattr(attempts.Delivery.objects, "due", away)
    task()
