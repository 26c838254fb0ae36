"""What Celery does for the outbox: doors to one attempt, to the sweep, and to what is over."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import Error, connection

from apps.outbox import attempts, services

logger = logging.getLogger(__name__)


@shared_task(name="outbox.deliver")
def deliver(delivery_id: str) -> None:
    """Make one attempt. While PostgreSQL is away, the sweep finds it again."""
    try:
        attempts.deliver(delivery_id)
    except Error as error:
        connection.close()
        logger.warning("Left for the sweep: %s", error)


@shared_task(name="outbox.sweep")
def sweep() -> None:
    """Have everything delivered that is due."""
    try:
        attempts.sweep()
    except Error as error:
        connection.close()
        logger.warning("Left for the next sweep: %s", error)


@shared_task(name="outbox.forget")
def forget() -> None:
    """Delete what was delivered some time ago."""
    services.forget()
