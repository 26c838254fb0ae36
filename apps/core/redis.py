"""Connections to Redis, and how values lie in the cache there. PostgreSQL's connections are Django's."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings
from redis import ConnectionError, Redis  # noqa: A004  (its name)
from redis.backoff import NoBackoff
from redis.retry import Retry

#: Seconds to connect, and for one answer, of the Redis that requests wait for, often with a transaction open.
TIMEOUT = 1.0
GATEWAY_TIMEOUT = 5.0  # of that which holds whole lists of records


@cache
def _client(url: str, timeout: float) -> Redis:
    again = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))  # for connections that lay idle too long
    return Redis.from_url(url, socket_connect_timeout=timeout, socket_timeout=timeout, retry=again)


def own_redis() -> Redis:
    """Give the client of the task queue's Redis; shared by the threads of a process, answers bytes.

    A Redis that does not answer costs a second (``redis.TimeoutError``), not what the client tries by itself.
    """
    return _client(settings.REDIS_URL, TIMEOUT)


def gateway_redis(timeout: float = GATEWAY_TIMEOUT) -> Redis:
    """Give the client of the Redis the gateways use; shared by the threads of a process, answers bytes."""
    return _client(settings.GATEWAY_REDIS_URL, timeout)


class JSONSerializer:
    """Writes what is cached as JSON, for Django's own pickle runs whatever somebody else puts into Redis."""

    def dumps(self, value: Any) -> str:
        """Write a value that JSON can hold; numbers as Redis counts them."""
        return json.dumps(value)

    def loads(self, data: bytes) -> Any:
        """Read a value; what is no JSON was never cached."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None
