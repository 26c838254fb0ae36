"""What the pump's tests share: partitions, lists of Redis of their own, and a moment of today."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from apps.core.redis import gateway_redis
from apps.pump.claims import UPTIME_LIST, Claims


@pytest.fixture
def redis(settings: Any) -> Iterator[Redis]:
    """The gateway's Redis, with a prefix of lists that nobody else uses."""
    settings.PUMP_KEY_PREFIX = f"pump-{secrets.token_hex(4)}-"
    client = gateway_redis()
    yield client
    for pattern in (f"*{settings.PUMP_KEY_PREFIX}*", f"*{UPTIME_LIST}*"):
        for key in client.scan_iter(pattern):
            client.delete(key)


@pytest.fixture
def source(redis: Redis, settings: Any) -> str:
    """The list that a gateway writes to by default."""
    return f"{settings.PUMP_KEY_PREFIX}tyk-system-analytics"


@pytest.fixture
def claims(redis: Redis) -> Claims:
    """The claims of the gateway's Redis."""
    return Claims(redis)


@pytest.fixture
def moment() -> datetime:
    """A time of which minutes are kept, with everything of its hour still to come."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return yesterday.replace(hour=10, minute=20, second=30, microsecond=123_456)
