"""Connections to Redis. PostgreSQL's are Django's."""

from __future__ import annotations

from functools import cache

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
