"""Connections to Redis, and how values lie in the cache there. PostgreSQL's connections are Django's."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis

TIMEOUT = 5.0  # seconds to connect, and for one answer


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)


def own_redis() -> Redis:
    """Give the client of the task queue's Redis; shared by the threads of a process, answers bytes."""
    return _client(settings.REDIS_URL)


def gateway_redis() -> Redis:
    """Give the client of the Redis the gateways use; shared by the threads of a process, answers bytes."""
    return _client(settings.GATEWAY_REDIS_URL)


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
