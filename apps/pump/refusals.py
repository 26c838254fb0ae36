"""Keys that drains pass over, and why: told by those who found it to those who show it, by the cache."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_KEY = "pump-refusals"
#: Names that are told of at a time: more than there are lists, and fewer than somebody could make up.
_MOST = 50
#: Seconds that a refusal is told of beyond the next drains, which would tell of it again.
_GRACE = 30


def report(found: Mapping[str, str]) -> None:
    """Tell of keys that were passed over, by name; drains add to what others tell."""
    if not found:
        return
    now = time.time()
    told = _recent(now) | {name: (text, now) for name, text in found.items()}
    try:
        cache.set(_KEY, dict(list(told.items())[-_MOST:]), _kept_for())
    except RedisError as error:
        log.warning("What was passed over cannot be told: %s", error)


def reported() -> dict[str, str]:
    """What the last drains passed over, by name."""
    return {name: text for name, (text, _) in _recent(time.time()).items()}


def _recent(now: float) -> dict[str, tuple[str, float]]:
    try:
        told = cache.get(_KEY) or {}
    except RedisError:
        return {}
    return {name: (text, at) for name, (text, at) in told.items() if at > now - _kept_for()}


def _kept_for() -> float:
    return 3 * settings.PUMP_PURGE_DELAY + _GRACE
