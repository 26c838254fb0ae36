"""Several workers, and servers that go away: with transactions of their own, as they are."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.outbox import attempts, services, tasks
from apps.outbox.models import Delivery, DeliveryTally
from tests.outbox.conftest import Handle, Receiver

pytestmark = pytest.mark.django_db(transaction=True)

Status = Delivery.Status


def elsewhere(query: str, *values: Any) -> Any:
    """Ask PostgreSQL over another connection."""
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as other:
        row = other.execute(query, values).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


def test_of_many_workers_one_delivers(handle: Handle) -> None:
    at_it: list[datetime] = []

    def slowly(payload: dict[str, Any]) -> None:
        at_it.append(timezone.now())
        time.sleep(0.2)

    handle("test", slowly)
    deliveries = [services.put("test", {}).pk for _ in range(2)]

    def work(number: int) -> None:
        try:
            tasks.deliver(deliveries[number % 2])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8)))
    assert len(at_it) == 2
    assert {one.status for one in Delivery.objects.all()} == {Status.DELIVERED}
    assert DeliveryTally.objects.get().delivered == 2


def test_no_transaction_is_open_while_it_is_delivered(handle: Handle) -> None:
    states: list[int] = []
    ours = connection.connection.info.backend_pid if connection.ensure_connection() is None else 0
    query = "SELECT state FROM pg_stat_activity WHERE pid = %s"
    handle("test", lambda _: states.append(elsewhere(query, ours)))
    attempts.deliver(services.put("test", {}).pk)
    assert states == ["idle"]


def test_a_database_that_goes_away_after_the_delivery_has_it_made_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = services.put("test", {"number": 1})
    whole = attempts._delivered

    def cut_off(late: Delivery) -> None:
        with transaction.atomic():
            elsewhere("SELECT pg_terminate_backend(%s)", connection.connection.info.backend_pid)
            whole(late)

    with monkeypatch.context() as away:
        away.setattr(attempts, "_delivered", cut_off)
        tasks.deliver(delivery.pk)
    assert Delivery.objects.get().status == Status.PENDING
    Delivery.objects.update(available_at=timezone.now())
    tasks.deliver(delivery.pk)
    assert receiver.taken == [{"number": 1}] * 2
    assert Delivery.objects.get().status == Status.DELIVERED
