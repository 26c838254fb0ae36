"""What is put into the outbox is part of the change that puts it there, and is kept as long as it is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.outbox import attempts, services
from apps.outbox.handlers import UnknownKind
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.outbox.conftest import Receiver

pytestmark = pytest.mark.django_db

Status = Delivery.Status


def stored(delivery: Delivery) -> str:
    """Give every column of a row, as PostgreSQL has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text FROM outbox_delivery d WHERE id = %s", [delivery.pk])
        return str(cursor.fetchone()[0])


def test_it_is_undone_with_the_change(receiver: Receiver) -> None:
    with transaction.atomic():
        services.put("test", {})
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_a_worker_is_woken_when_the_change_is_committed_and_not_before(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(services, "wake_worker", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        delivery = services.put("test", {})
        assert woken == []
    assert woken == [delivery.pk]


def test_what_nobody_delivers_is_refused_at_once() -> None:
    with pytest.raises(UnknownKind, match="mistyped"):
        services.put("mistyped", {})


def test_its_content_is_stored_encrypted_and_is_gone_once_delivered(delivery: Delivery, receiver: Receiver) -> None:
    assert "Bob" in stored(delivery)
    assert "bob@example.com" not in stored(delivery)
    assert "s3cret-token" not in stored(delivery)
    attempts.deliver(delivery.pk)
    assert receiver.taken == [{"to": "bob@example.com", "token": "s3cret-token"}]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.payload) == (Status.DELIVERED, "")
    assert delivery.delivered_at is not None


def test_it_keeps_what_may_be_put_together_later(receiver: Receiver) -> None:
    services.put("test", {}, coalescing_key="of one webhook", organisation="a" * 24)
    assert Delivery.objects.filter(coalescing_key="of one webhook", organisation="a" * 24).exists()


def test_what_was_delivered_may_be_kept_for_ever(receiver: Receiver, settings: Settings) -> None:
    settings.OUTBOX_RETENTION_DAYS = None
    delivery = services.put("test", {})
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.DELIVERED, delivered_at=timezone.now() - timedelta(days=9_999)
    )
    services.forget()
    assert Delivery.objects.filter(pk=delivery.pk).exists()


def test_what_was_delivered_is_forgotten_after_some_days_and_nothing_else_is(
    receiver: Receiver, settings: Settings
) -> None:
    settings.OUTBOX_RETENTION_DAYS = 2
    long_ago = timezone.now() - timedelta(days=2, seconds=1)
    for status in Status:
        for moment in (long_ago, long_ago + timedelta(seconds=30)):
            delivery = services.put("test", {})
            delivered_at = moment if status == Status.DELIVERED else None
            Delivery.objects.filter(pk=delivery.pk).update(
                status=status, created_at=long_ago, delivered_at=delivered_at
            )
    services.forget()
    kept = sorted(Delivery.objects.values_list("status", flat=True))
    assert kept == [Status.DEAD, Status.DEAD, Status.DELIVERED, Status.PENDING, Status.PENDING]


def test_a_dead_one_is_tried_again_as_if_it_were_new(delivery: Delivery, receiver: Receiver) -> None:
    Delivery.objects.update(status=Status.DEAD, attempts=32, available_at=timezone.now() + timedelta(hours=1))
    delivery.refresh_from_db()
    assert services.retry(delivery=delivery)
    attempts.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, len(receiver.taken)) == (Status.DELIVERED, 1, 1)


@pytest.mark.parametrize("status", [Status.PENDING, Status.DELIVERED])
def test_only_dead_ones_are_tried_again(delivery: Delivery, status: str) -> None:
    later = timezone.now() + timedelta(minutes=2)
    Delivery.objects.update(status=status, available_at=later, attempts=1)
    assert not services.retry(delivery=delivery)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.available_at, delivery.attempts) == (status, later, 1)


def test_what_people_do_about_it_is_in_the_audit_log(alice: User, receiver: Receiver) -> None:
    delivery = services.put("test", {"token": "s3cret-token"}, organisation=str(alice.organisation_id))
    Delivery.objects.update(status=Status.DEAD, last_error="refused")
    delivery.refresh_from_db()
    subject = f"delivery/{delivery.pk}"
    services.retry(delivery=delivery)
    services.delete(delivery=delivery)
    retried, deleted = AuditRecord.objects.visible_to(alice).order_by("sequence")
    assert (retried.action, retried.changes) == (
        "Retry Delivery",
        {subject: {"status": ["dead", "pending"]}},
    )
    assert (deleted.action, deleted.kind, "refused" in deleted.diff) == ("Delete Delivery", "delivery", True)
    assert not Delivery.objects.exists()
