"""Telling a worker that something is to be delivered: a courtesy, for the sweep finds everything anyway.

So it may fail, and must not keep a request waiting: the broker's client waits for ever by itself.
"""

from __future__ import annotations

import logging
import time
from functools import cache

from celery import current_app
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers

logger = logging.getLogger(__name__)

#: Seconds from one sweep to the next; ``config/celery.py`` schedules it.
SWEEP_INTERVAL = 10.0
TIMEOUT = 0.5  # seconds to connect, and for one answer
_silent_until = 0.0  # monotonic seconds: a broker that was away is not asked before the next sweep


def wake_worker(delivery_id: str) -> bool:
    """Have a worker deliver something at once; tells whether the message is in the queue."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        with producers[_connection()].acquire(block=True, timeout=TIMEOUT) as producer:
            current_app.send_task(
                "outbox.deliver", [delivery_id], producer=producer, retry=False, expires=SWEEP_INTERVAL
            )
    except KombuError as error:
        _silent_until = time.monotonic() + SWEEP_INTERVAL
        logger.warning("The queue is away, the sweep delivers later: %s", error)
        return False
    return True


@cache
def _connection() -> Connection:
    options = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT, "max_retries": 0}
    connection: Connection = current_app.connection_for_write(transport_options=options)
    return connection
