"""What Celery does by the clock: doors to the drain."""

from __future__ import annotations

import logging

import psycopg
from celery import shared_task
from django.db import Error, connection
from redis.exceptions import RedisError

from . import refusals
from .claims import Claims
from .drain import Drain

log = logging.getLogger(__name__)
_AWAY = (Error, psycopg.Error, RedisError)


@shared_task(name="pump.drain")
def drain() -> None:
    """Take all records from Redis into PostgreSQL. A server that is away is waited for."""
    try:
        done = Drain().run()
    except _AWAY as error:
        connection.close()
        log.warning("Records wait in Redis, the next run takes them: %s", error)
    else:
        log.info("Drained %d records in %d slices", done.records, done.slices)


@shared_task(name="pump.claim")
def claim() -> None:
    """Save what is in the gateway's lists, whatever the drain is busy with: they live for a minute."""
    claims = Claims()
    try:
        claims.claim_all()
    except RedisError as error:
        log.warning("The gateway's Redis does not answer: %s", error)
    refusals.report(claims.refused)
