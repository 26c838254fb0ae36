"""Processes killed with SIGKILL: what was committed is delivered, what was not is not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from apps.outbox import attempts, services
from apps.outbox.models import Delivery
from tests.outbox.conftest import Receiver
from tests.outbox.processes import ROOT, environ

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


def killed(where: str, delivery: Delivery | None = None) -> None:
    """Have a process kill itself somewhere."""
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), where, *([delivery.pk] if delivery else [])]
    done = subprocess.run(command, env=environ(), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


def swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweep, and do at once what workers are woken for."""
    monkeypatch.setattr(attempts, "wake_worker", lambda pk: attempts.deliver(pk) is None)
    attempts.sweep()


def test_what_is_committed_is_delivered_though_nobody_was_woken(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed("after the commit")
    swept(monkeypatch)
    assert receiver.taken == [{"number": 1}]


def test_what_is_not_committed_is_not_delivered(receiver: Receiver) -> None:
    killed("before the commit")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("where", ["in the attempt", "after the attempt"])
def test_what_a_killed_worker_was_at_is_delivered_when_its_lease_is_over(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    delivery = services.put("test", {"number": 2})
    killed(where, delivery)
    swept(monkeypatch)
    assert receiver.taken == [], "the lease is not over"
    Delivery.objects.update(available_at=timezone.now())
    swept(monkeypatch)
    assert receiver.taken == [{"number": 2}]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (Delivery.Status.DELIVERED, 2)
