"""What Celery does by the clock: doors to the roll-up and to the upkeep of partitions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from celery import shared_task
from django.db import Error, connection
from django.utils import timezone

from . import partitions, reconciliation, retention, rollup
from .queries.granularity import Level

log = logging.getLogger(__name__)


@contextmanager
def _waiting_for_postgresql() -> Iterator[None]:
    """Nothing is lost when PostgreSQL is away: the next round does what this one could not."""
    try:
        yield
    except (Error, psycopg.Error) as error:
        connection.close()
        log.warning("Left for the next round: %s", error)


@shared_task(name="analytics.fold")
def fold() -> None:
    """Add the minutes of new slices to their hours."""
    with _waiting_for_postgresql():
        rollup.fold()


@shared_task(name="analytics.roll_up")
def roll_up() -> None:
    """Merge what has closed, and reconcile closed hours with their raw records."""
    now = timezone.now()
    with _waiting_for_postgresql():
        rollup.fold()
        rollup.roll_up(now)
        reconciliation.reconcile_closed_hours(now)
        retention.merge_ledger(Level.HOUR.floor(now))


@shared_task(name="analytics.maintain_partitions")
def maintain_partitions() -> None:
    """Make partitions ahead, drop those past retention, forget what else is too old."""
    with _waiting_for_postgresql():
        partitions.maintain()
        retention.delete_expired()
