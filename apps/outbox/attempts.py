"""One attempt to deliver something: take a lease, call the handler, write down how it went.

No transaction is open while the handler runs. Whatever is killed, and when, the delivery is still there: it is
pending until it is known to have gone well, and due again when the lease is over.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.encryption import decrypt_object
from apps.outbox.handlers import MAX_ATTEMPTS, UnknownKind, handler_of
from apps.outbox.models import Delivery, DeliveryTally
from apps.outbox.pauses import pause_after
from apps.outbox.time_limits import TimeLimitExceeded, run_within
from apps.outbox.wakeups import wake_worker

logger = logging.getLogger(__name__)

TIME_LIMIT = 60.0  # seconds that a handler may take
#: How long nobody else tries what a worker is at. Longer than the limit: what hangs may go on after it.
LEASE = timedelta(minutes=2)
SWEEP_SIZE = 1_000
SHORTEST_SECRET = 4  # characters; without shorter texts there would be little left of an error
LONGEST_ERROR = 500  # characters


class WorkerKilled(Exception):
    """Every attempt began, and the last ones did not live to tell how they went."""


def sweep() -> None:
    """Wake workers for whatever is due: what failed, and what nobody was woken for."""
    for pk in Delivery.objects.due().in_turns().values_list("pk", flat=True)[:SWEEP_SIZE]:
        if not wake_worker(pk):
            return


def deliver(pk: str) -> None:
    """Make one attempt to deliver something, if it is due.

    Raises:
        django.db.Error: when PostgreSQL is away; what it was not told of is tried again when the lease is over.
    """
    if (delivery := _lease(pk)) is None:
        return
    payload: dict[str, Any] = {}
    try:
        payload = decrypt_object(delivery.payload)
        _hand_over(delivery, payload)
    except Exception as error:  # noqa: BLE001  (whatever a handler raises is a failed attempt)
        _failed(delivery, error, payload)
    else:
        _delivered(delivery)


def _lease(pk: str) -> Delivery | None:
    """Take the lease of a delivery that is due. Of several who try at once, one gets it."""
    taken = Delivery.objects.due().filter(pk=pk)
    if not taken.update(attempts=F("attempts") + 1, available_at=timezone.now() + LEASE):
        return None
    return Delivery.objects.filter(pk=pk).first()


def _hand_over(delivery: Delivery, payload: dict[str, Any]) -> None:
    handler = handler_of(delivery.kind)
    if delivery.attempts > handler.max_attempts:
        raise WorkerKilled("Each of the last attempts was cut off: its worker was killed")
    run_within(TIME_LIMIT, handler.deliver, payload)


@transaction.atomic
def _delivered(delivery: Delivery) -> None:
    """Write down that it went well, though others may have given it up or tried it again meanwhile."""
    ours = Delivery.objects.filter(pk=delivery.pk).exclude(status=Delivery.Status.DELIVERED)
    changes = {"status": Delivery.Status.DELIVERED, "payload": "", "last_error": ""}
    if ours.update(delivered_at=timezone.now(), **changes):
        _count(delivery.kind, "delivered")


def _failed(delivery: Delivery, error: Exception, payload: dict[str, Any]) -> None:
    """Write down why it failed, and when it is tried next, if it is."""
    text = _told(error, payload)
    pause = max(pause_after(delivery.attempts), LEASE if isinstance(error, TimeLimitExceeded) else timedelta())
    is_over = delivery.attempts >= _max_attempts(delivery.kind)
    status = Delivery.Status.DEAD if is_over else Delivery.Status.PENDING
    with transaction.atomic():
        # A later attempt has counted on, and this one has nothing to say any more.
        ours = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.PENDING, attempts=delivery.attempts)
        if ours.update(status=status, last_error=text, available_at=timezone.now() + pause):
            _count(delivery.kind, "failed")
    _log(delivery, error, text, is_over=is_over)


def _max_attempts(kind: str) -> int:
    try:
        return handler_of(kind).max_attempts
    except UnknownKind:
        return MAX_ATTEMPTS


def _count(kind: str, outcome: str) -> None:
    DeliveryTally.objects.bulk_create([DeliveryTally(kind=kind)], ignore_conflicts=True)
    DeliveryTally.objects.filter(kind=kind).update(**{outcome: F(outcome) + 1})


def _log(delivery: Delivery, error: Exception, text: str, *, is_over: bool) -> None:
    what = "is dead" if is_over else "failed, and is tried again"
    # Servers that are away explain themselves; of anything else it matters where. Values are in no such lines.
    place = "" if isinstance(error, OSError) else "\n" + "".join(traceback.format_tb(error.__traceback__))
    logger.warning("Delivery %s of %s %s: %s%s", delivery.pk, delivery.kind, what, text, place)


def _told(error: Exception, payload: dict[str, Any]) -> str:
    """Tell what went wrong without anything of the payload, which may be secret."""
    text = f"{type(error).__name__}: {error}"
    for secret in sorted(_texts(payload), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text.replace("\0", "")[:LONGEST_ERROR]


def _texts(value: Any) -> Iterator[str]:
    """Give every text of what JSON can hold that is long enough to be told apart."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        yield from (text for inner in value for text in _texts(inner))
    elif isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        yield value
