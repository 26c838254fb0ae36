"""What the demo's tests share: a list of Redis of their own, and the recorded lists."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from apps.core.redis import gateway_redis

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
FOLDERS = sorted(file.parent for file in CAPTURES.glob("*/lists.json"))
UPTIME_LIST = "host-checker:tyk-uptime-analytics"


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    """Every recorded folder, one after the other."""
    path: Path = request.param
    return path


@pytest.fixture
def redis(settings: Any) -> Iterator[Redis]:
    """The gateway's Redis, with a prefix of lists that nobody else uses."""
    settings.PUMP_KEY_PREFIX = f"demo-{secrets.token_hex(4)}-"
    client = gateway_redis()
    client.delete(UPTIME_LIST)
    yield client
    client.delete(UPTIME_LIST, *client.scan_iter(f"{settings.PUMP_KEY_PREFIX}*"))


@pytest.fixture
def request_list(redis: Redis, settings: Any) -> str:
    """The key of the list that the demo's requests go to."""
    return f"{settings.PUMP_KEY_PREFIX}tyk-system-analytics"


@pytest.fixture
def _signals() -> Iterator[None]:
    """Give back the signal handlers that a command takes for itself."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
