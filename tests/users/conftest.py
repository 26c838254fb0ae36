"""What tests of accounts have in common."""

from __future__ import annotations

import pytest

from apps.core.redis import own_redis
from apps.users.services import throttling


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    """Forget the tries of other tests: they are counted in Redis, and all come from one address."""
    throttling._local = throttling._LocalCounts()
    if keys := list(own_redis().scan_iter("weir-throttle:*")):
        own_redis().delete(*keys)
