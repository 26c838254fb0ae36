"""What Celery does by the clock: doors to the roll-up and to the upkeep of partitions."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import partitions, proof, retention, rollup


@shared_task(name="analytics.fold")
def fold() -> None:
    """Add the minutes of new slices to their hours."""
    rollup.fold()


@shared_task(name="analytics.roll_up")
def roll_up() -> None:
    """Merge what has closed, and prove closed hours against their raw records."""
    now = timezone.now()
    rollup.fold()
    rollup.roll_up(now)
    proof.prove_closed_hours(now)
    retention.merge_ledger(rollup.closed_before("hour", now))


@shared_task(name="analytics.maintain_partitions")
def maintain_partitions() -> None:
    """Make partitions ahead, drop those past retention, forget what else is too old."""
    partitions.maintain()
    retention.forget()
