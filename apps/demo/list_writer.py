"""Pushes records to a Redis list: in batches, through restarts of Redis, and not faster than they are taken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

from redis import Redis
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as NoAnswer

T = TypeVar("T")
logger = logging.getLogger(__name__)

BATCH_SIZE = 1_000
RETRY_AFTER = 1.0  # seconds
POLL = 0.1  # seconds


class ListWriter:
    """One list of a Redis.

    While Redis cannot be reached it tries again, and says so once. A batch whose answer was lost is
    pushed a second time, as gateways do; the pump stores each of its records once.
    """

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis = redis
        self.key = key

    def push(self, payloads: Iterable[bytes]) -> Iterator[int]:
        """Append records in order; after each batch, how many it had."""
        remaining = iter(payloads)
        while batch := list(islice(remaining, BATCH_SIZE)):
            self._retry(partial(self._redis.rpush, self.key, *batch))
            yield len(batch)

    def wait_until_below(self, limit: int) -> None:
        """Wait until fewer than ``limit`` records are in the list: the pump has taken the others."""
        while self._retry(partial(self._redis.llen, self.key)) >= limit:
            time.sleep(POLL)

    def _retry(self, action: Callable[[], T]) -> T:
        silent = False
        while True:
            try:
                return action()
            except (Unreachable, NoAnswer) as reason:
                if not silent:
                    logger.warning("Redis does not answer, trying again: %s", reason)
                silent = True
                time.sleep(RETRY_AFTER)
