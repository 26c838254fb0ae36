"""What the queries must answer, worked out from single requests in the most simple-minded way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from apps.analytics.dimensions import Dimension
from apps.analytics.queries import Totals, TrafficFilters, Window
from apps.core.tenancy import Scope
from tests.analytics.factories import Request, values

HOUR = timedelta(hours=1)
NO_FILTERS = TrafficFilters()


@dataclass(frozen=True)
class Oracle:
    """Requests, and since when minutes are told apart; before that an hour is in a window or it is not."""

    requests: Sequence[Request]
    minutes: datetime

    def matching(self, scope: Scope, window: Window, filters: TrafficFilters = NO_FILTERS) -> list[Request]:
        """The requests that count."""
        return [
            one
            for one in self.requests
            if self._in(window, one) and in_scope(scope, one) and passes_filters(filters, one)
        ]

    def _in(self, window: Window, request: Request) -> bool:
        moment = request.timestamp.astimezone(UTC)
        start = moment.replace(second=0, microsecond=0)
        length = timedelta(minutes=1)
        first = window.start if window.start >= self.minutes else window.start.replace(minute=0)
        last = window.end
        if last < self.minutes and last.minute:
            last = last.replace(minute=0) + HOUR
        return window.start < window.end and first < start + length and start < last

    def totals(self, scope: Scope, window: Window, filters: TrafficFilters = NO_FILTERS) -> Totals:
        """What they add up to."""
        return total(self.matching(scope, window, filters))

    def by_bucket(
        self, scope: Scope, window: Window, filters: TrafficFilters, bucket: Callable[[datetime], Any]
    ) -> dict[Any, Totals]:
        """The same, apart by some name of a request's time."""
        return group_totals(self.matching(scope, window, filters), lambda one: bucket(one.timestamp))

    def by_value(
        self, scope: Scope, window: Window, dimension: Dimension, filters: TrafficFilters, *, by_api: bool
    ) -> dict[Any, Totals]:
        """The same, apart by API, value and detail of a dimension; a request counts once for each of its tags."""
        groups: dict[Any, list[Request]] = defaultdict(list)
        for one in self.matching(scope, window, filters):
            if (dimension.tracked and not one.tracked) or (dimension.errors and one.status < 400):
                continue
            for value in values(one, dimension.value):
                for detail in values(one, dimension.detail):
                    groups[one.api_id if by_api else "", value, detail].append(one)
        return {key: total(group) for key, group in groups.items()}


def in_scope(scope: Scope, request: Request) -> bool:
    """Whether a request is in a scope."""
    return scope.organisation in {None, request.organisation} and (scope.apis is None or request.api_id in scope.apis)


def passes_filters(filters: TrafficFilters, request: Request) -> bool:
    """Whether a request passes filters and is a request at all."""
    return (
        request.status != -1
        and (not filters.apis or request.api_id in filters.apis)
        and filters.version in {"", request.api_version}
        and set(filters.tags) <= set(values(request, "tag"))
        and filters.key in {"", request.key}
        and filters.oauth_client in {"", request.oauth_client}
        and filters.country in {"", request.country}
        and (not filters.path or (request.tracked and request.path == filters.path))
    )


def group_totals(requests: Iterable[Request], key: Callable[[Request], Any]) -> dict[Any, Totals]:
    """Totals by a key of requests."""
    groups: dict[Any, list[Request]] = defaultdict(list)
    for one in requests:
        groups[key(one)].append(one)
    return {name: total(group) for name, group in groups.items()}


def total(requests: Sequence[Request]) -> Totals:
    """What requests add up to; percentiles by nearest rank."""
    if not requests:
        return Totals()
    fine = [one for one in requests if one.status < 400] or list(requests)
    number = len(requests)
    latencies = sorted(one.latency for one in requests)
    ranks = (latencies[ceil(share * number - 1e-9) - 1] for share in (0.5, 0.95, 0.99))
    return Totals(
        number,
        sum(200 <= one.status <= 299 for one in requests),
        sum(one.status >= 400 for one in requests),
        sum(one.request_time for one in requests) / number,
        sum(one.latency for one in requests) / number,
        sum(one.upstream_latency for one in requests) / number,
        min(one.latency for one in fine),
        max(latencies),
        min(one.upstream_latency for one in fine),
        max(one.upstream_latency for one in requests),
        max(one.timestamp for one in requests),
        *map(float, ranks),
    )


def same_totals(found: Totals, expected: Totals) -> bool:
    """Whether totals are the same, their percentiles within 5 %."""
    return exact_values(found) == exact_values(expected) and all(
        (a is None and b is None) or (a is not None and b is not None and abs(a - b) <= 0.05 * b + 1e-9)
        for a, b in zip(percentiles(found), percentiles(expected), strict=True)
    )


def exact_values(totals: Totals) -> tuple[Any, ...]:
    """All but the percentiles; averages to the nanosecond."""
    averages = (round(value, 6) for value in (totals.request_time, totals.latency, totals.upstream_latency))
    return (
        totals.hits,
        totals.successes,
        totals.errors,
        *averages,
        totals.min_latency,
        totals.max_latency,
        totals.min_upstream_latency,
        totals.max_upstream_latency,
        totals.last_hit,
    )


def percentiles(totals: Totals) -> tuple[float | None, ...]:
    """The three percentiles."""
    return totals.p50, totals.p95, totals.p99


def local_day(zone: ZoneInfo) -> Callable[[datetime], Any]:
    """The date of a moment in a zone."""
    return lambda moment: moment.astimezone(zone).date()


def local_month(zone: ZoneInfo) -> Callable[[datetime], Any]:
    """The first day of a moment's month in a zone."""
    return lambda moment: moment.astimezone(zone).date().replace(day=1)
