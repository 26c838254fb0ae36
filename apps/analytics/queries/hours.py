"""Which hours to look for single requests in.

The aggregates know the hours that have requests of a key, an API, a status… at all: a key that was
used three times in a month is found by reading three hours of raw records, and not thirty days.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.analytics import counting, dimensions
from apps.core.tenancy import Scope

from . import planner
from .granularity import Level, kept
from .planner import QueryPlan
from .sql import Statement
from .types import Filters, RecordFilters, Window

#: Spans of hours that one statement reads.
MOST_SPANS = 100


def batches(scope: Scope, window: Window, filters: RecordFilters, wanted: int) -> Iterator[list[Window]]:
    """Spans that hold every request that may match, newest first; a batch holds ``wanted`` or more of them.

    There are fewer that do match when the filters are more than one dimension holds.
    """
    if window.start >= window.end or scope.is_empty:
        return
    plan = narrowing(scope, filters)
    if plan is None or window.start < kept().hours:
        yield [window]
    elif not plan.is_empty:
        yield from _batches(_hours(plan, window, errors=filters.errors), wanted)


def _batches(hours: Iterator[tuple[Window, int]], wanted: int) -> Iterator[list[Window]]:
    batch: list[Window] = []
    found = 0
    for hour, hits in hours:
        follows = bool(batch) and batch[-1].start == hour.end
        batch.append(Window(hour.start, batch.pop().end if follows else hour.end))
        found += hits
        if found >= wanted or len(batch) == MOST_SPANS:
            yield batch
            batch, found = [], 0
    if batch:
        yield batch


def narrowing(scope: Scope, filters: RecordFilters) -> QueryPlan | None:
    """The rows of the aggregates that count every request that may match; ``None`` when all rows do."""
    apis = planner.allowed_apis(scope, Filters(apis=filters.apis))
    status = "" if filters.status is None else str(filters.status)
    detail = status if filters.status is not None and filters.status >= 400 else ""
    by_value = (
        (dimensions.KEY_STATUS if detail else dimensions.KEY, filters.key, detail),
        (dimensions.CLIENT_STATUS if detail else dimensions.OAUTH_CLIENT, filters.oauth_client, detail),
        (dimensions.COUNTRY, filters.country, ""),
        (dimensions.STATUS, status, ""),
    )
    for dimension, value, more in by_value:
        # Longer values are cut in the aggregates.
        if value and len(value.encode()) <= counting.LONGEST_VALUE:
            return QueryPlan(scope, dimension, apis, value, more)
    if apis is None:
        return QueryPlan(scope, dimensions.OVERALL) if filters.errors else None
    return QueryPlan(scope, dimensions.TOTAL, apis)


def _hours(plan: QueryPlan, window: Window, *, errors: bool) -> Iterator[tuple[Window, int]]:
    """Hours with such requests, newest first, and how many."""
    edges = [Level.HOUR.floor(window.start)]
    while edges[-1] < window.end:
        edges.append(Level.HOUR.next(edges[-1]))
    statement = Statement()
    hits = "errors" if errors else "hits"
    found = statement.fetch(
        f"SELECT date_trunc('hour', bucket, 'UTC'), sum({hits})::bigint FROM {statement.rows(plan, edges)} rows"
        f" WHERE {hits} > 0 GROUP BY 1 ORDER BY 1 DESC"
    )
    for start, number in found:
        yield Window(max(start, window.start), min(Level.HOUR.next(start), window.end)), number
