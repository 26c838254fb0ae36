"""Wrong credentials are counted in Redis, and all tests come from one address."""

from __future__ import annotations

import pytest

from apps.core import throttling
from apps.core.redis import own_redis


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    """Forget the tries of other tests."""
    throttling._local = throttling._LocalCounts()
    if keys := list(own_redis().scan_iter("weir-throttle:*")):
        own_redis().delete(*keys)
