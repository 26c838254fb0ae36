"""Deliveries where there is no worker."""

from __future__ import annotations

import pytest

from apps.outbox import attempts, services


@pytest.fixture
def worker_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempt deliveries at once, in the transaction and the thread of the test."""
    monkeypatch.setattr(attempts, "run_within", lambda _, deliver, payload: deliver(payload))
    monkeypatch.setattr(services, "_wake_on_commit", lambda delivery: attempts.deliver(delivery.pk))
