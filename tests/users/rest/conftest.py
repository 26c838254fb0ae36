"""Who calls the endpoints of users and groups."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.core.redis import own_redis


@pytest.fixture(autouse=True)
def no_keys_left() -> Iterator[None]:
    """Leave no new key behind in Redis, where no transaction takes it back."""
    yield
    for place in own_redis().scan_iter("weir:new-access-key:*"):
        own_redis().delete(place)
