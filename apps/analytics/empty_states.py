"""Why a page has nothing to show: an empty chart must not leave anybody guessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from apps.analytics import formatting, queries
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.queries.types import TrafficFilters
from apps.analytics.ranges import format_moment
from apps.analytics.toolbar import Toolbar
from apps.core.list_state import FilterChip

REDIS_PORT = 6379


@dataclass(frozen=True)
class EmptyState:
    """Why there is nothing.

    ``reason`` is ``nothing received``, ``nothing of theirs``, ``filtered out``, ``not permitted`` or
    ``nothing in range``. ``last`` is the newest record of the scope, ``last_label`` says when that was, ``last_url``
    shows the day it came. ``chips`` are the filters that could be removed.
    """

    reason: str
    last: datetime | None = None
    last_label: str = ""
    last_url: str = ""
    chips: list[FilterChip] = field(default_factory=list)

    @property
    def redis(self) -> tuple[str, int] | None:
        """Host and port that gateways must write to; ``None`` when it has no address on the network."""
        parts = urlsplit(settings.GATEWAY_REDIS_URL)
        return (parts.hostname, parts.port or REDIS_PORT) if parts.hostname else None

    @property
    def seconds(self) -> int:
        """Seconds after which a request shows."""
        return round(settings.PUMP_PURGE_DELAY)


def empty_state(query: DashboardQuery) -> EmptyState:
    """Find out why a question has no answer."""
    if query.scope.is_empty:
        return EmptyState("not permitted")
    last = queries.last_record(query.scope)
    if last is None:
        return EmptyState("nothing received" if query.scope.apis is None else "nothing of theirs")
    own = TrafficFilters(apis=(query.api,)) if query.api else TrafficFilters()
    if query.params.has_filters and queries.totals(query.scope, query.window, own, percentiles=False).hits:
        return EmptyState("filtered out", last, chips=Toolbar(query).chips)
    return _nothing_in_range(query, last)


def _nothing_in_range(query: DashboardQuery, last: datetime) -> EmptyState:
    zone = query.range.zone
    local = last.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    url = query.url(
        start=format_moment(midnight, zone),
        end=format_moment(midnight + timedelta(days=1), zone),
        step=None,
        live=False,
    )
    return EmptyState("nothing in range", last, formatting.local_time(local), url)
