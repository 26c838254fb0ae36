"""What ``/metrics`` tells of deliveries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.outbox import attempts, handlers, services
from apps.outbox.models import Delivery
from tests.outbox.conftest import Handle, Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("checks_in_this_transaction")]


def figures() -> dict[str, float]:
    """Give what is told of the outbox: name and kind → figure."""
    text = Client().get("/metrics").content.decode()
    found = re.findall(r'^weir_outbox_(\w+)\{kind="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {f"{name} {kind}": float(value) for name, kind, value in found}


def test_it_tells_of_every_kind_that_may_come(receiver: Receiver) -> None:
    told = ("pending", "oldest_seconds", "dead")
    assert figures() == {f"{name} {kind}": 0 for name in told for kind in handlers.kinds()}
    assert "test" in handlers.kinds()


def test_it_counts_by_kind_what_waits_what_is_dead_and_how_attempts_went(handle: Handle, receiver: Receiver) -> None:
    handle("test", receiver, max_attempts=1)
    handle("other", receiver)
    made = [services.put(kind, {}).pk for kind in ("test", "test", "other", "other")]
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    receiver.errors = [OSError("away"), OSError("away")]
    for pk in made[1:]:
        attempts.deliver(pk)
    found = figures()
    assert 300 <= found.pop("oldest_seconds other") < 310
    assert 300 <= found.pop("oldest_seconds test") < 310
    told = ("pending", "dead", "failed_total", "delivered_total")
    assert {name: [found[f"{one} {name}"] for one in told] for name in ("test", "other")} == {
        "test": [1, 1, 1, 0],
        "other": [1, 0, 1, 1],
    }


def test_what_is_counted_does_not_fall_when_deliveries_are_forgotten(receiver: Receiver) -> None:
    attempts.deliver(services.put("test", {}).pk)
    Delivery.objects.update(delivered_at=timezone.now() - timedelta(days=30))
    services.forget()
    assert not Delivery.objects.exists()
    assert figures()["delivered_total test"] == 1
