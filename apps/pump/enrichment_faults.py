"""What keeps records from being enriched: told by drains in the log and, by the cache, on the Pipeline page."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_KEY = "pump-enrichment-fault"
#: Seconds between two tellings of one process: there may be a fault for each of many records.
_PAUSE = 60
#: Seconds that a fault is shown; longer than the pause, so that one that stays is shown all the time.
_KEPT = 150
_told_at = float("-inf")


def report(fault: str) -> None:
    """Tell of a fault, once a minute at most."""
    global _told_at
    if time.monotonic() - _told_at < _PAUSE:
        return
    _told_at = time.monotonic()
    log.warning("Records are not enriched: %s", fault)
    try:
        cache.set(_KEY, fault, _KEPT)
    except RedisError as error:
        log.warning("That records are not enriched cannot be shown: %s", error)


def reported() -> str:
    """The fault that was told of last; "" when there was none of late."""
    try:
        return cache.get(_KEY) or ""
    except RedisError:
        return ""
