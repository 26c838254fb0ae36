"""Why a page has nothing to show: an empty chart must not leave anybody guessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from apps.analytics import queries, wording
from apps.analytics.asked import Asked
from apps.analytics.bar import Bar, Chip
from apps.analytics.queries.types import TrafficFilters
from apps.analytics.ranges import written

REDIS_PORT = 6379


@dataclass(frozen=True)
class Empty:
    """Why there is nothing.

    ``reason`` is ``nothing received``, ``nothing of theirs``, ``filtered out``, ``not permitted`` or
    ``nothing in range``. ``last`` is the newest record of the scope, ``words`` says when that was, ``address``
    shows the day it came. ``chips`` are the filters that could be removed.
    """

    reason: str
    last: datetime | None = None
    words: str = ""
    address: str = ""
    chips: list[Chip] = field(default_factory=list)

    @property
    def redis(self) -> tuple[str, int] | None:
        """Host and port that gateways must write to; ``None`` when it has no address on the network."""
        parts = urlsplit(settings.GATEWAY_REDIS_URL)
        return (parts.hostname, parts.port or REDIS_PORT) if parts.hostname else None

    @property
    def seconds(self) -> int:
        """Seconds after which a request shows."""
        return round(settings.PUMP_PURGE_DELAY)


def why_empty(asked: Asked) -> Empty:
    """Find out why a question has no answer."""
    if asked.scope.is_empty:
        return Empty("not permitted")
    last = queries.last_record(asked.scope)
    if last is None:
        return Empty("nothing received" if asked.scope.apis is None else "nothing of theirs")
    own = TrafficFilters(apis=(asked.api,)) if asked.api else TrafficFilters()
    if asked.state.has_filters and queries.totals(asked.scope, asked.window, own, percentiles=False).hits:
        return Empty("filtered out", last, chips=Bar(asked).chips)
    return _nothing_in_range(asked, last)


def _nothing_in_range(asked: Asked, last: datetime) -> Empty:
    zone = asked.range.zone
    local = last.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    address = asked.address(
        start=written(midnight, zone), end=written(midnight + timedelta(days=1), zone), step=None, live=False
    )
    return Empty("nothing in range", last, wording.moment(local), address)
