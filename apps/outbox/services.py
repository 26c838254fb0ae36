"""What others do with the outbox: put something in, and what staff do about what is dead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_event
from apps.core.encryption import encrypt_object
from apps.outbox.handlers import handler_of
from apps.outbox.models import Delivery
from apps.outbox.wakeups import wake_worker

SUBJECT = "delivery"


def put(
    kind: str, payload: Mapping[str, Any], *, organisation: str = "", about: str = "", coalescing_key: str = ""
) -> Delivery:
    """Have something delivered once the transaction that is open has been committed, and only then.

    ``payload`` is what the handler of the kind is given, whatever JSON can hold. It is stored encrypted and emptied
    once delivered, so it may have secrets; ``about`` is shown to staff, so it may not. Raises ``UnknownKind``.
    """
    handler_of(kind)
    delivery = Delivery.objects.create(
        kind=kind,
        payload=encrypt_object(payload),
        organisation=organisation,
        about=about,
        coalescing_key=coalescing_key,
    )
    _wake_on_commit(delivery)
    return delivery


@transaction.atomic
def retry(*, delivery: Delivery) -> bool:
    """Try a dead delivery again, as if it were new; tells whether it was dead."""
    again = {"status": Delivery.Status.PENDING, "attempts": 0}
    if not Delivery.objects.dead().filter(pk=delivery.pk).update(available_at=timezone.now(), **again):
        return False
    before = {name: getattr(delivery, name) for name in again}
    _record("Retry Delivery", delivery, before=before, after=again)
    _wake_on_commit(delivery)
    return True


@transaction.atomic
def delete(*, delivery: Delivery) -> None:
    """Forget a delivery, which is not tried any more."""
    shown = {name: getattr(delivery, name) for name in ("kind", "about", "status", "attempts", "last_error")}
    _record("Delete Delivery", delivery, before=shown)
    delivery.delete()


def forget() -> None:
    """Delete what was delivered longer ago than the settings keep it."""
    days = settings.OUTBOX_RETENTION_DAYS
    if days is not None:
        Delivery.objects.delivered_before(timezone.now() - timedelta(days=days)).delete()


def _record(action: str, delivery: Delivery, **changes: Mapping[str, Any]) -> None:
    record_event(
        action=action, kind=SUBJECT, id=delivery.pk, organisation=delivery.organisation or None, **changes
    )  # fmt: skip


def _wake_on_commit(delivery: Delivery) -> None:
    transaction.on_commit(partial(wake_worker, delivery.pk), robust=True)
