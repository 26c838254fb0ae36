"""Single requests, newest first: the log browser's reader, one bounded page at a time.

Ids begin with the millisecond, so a range of time is a range of the one index that raw records have.
No other column has an index, but the aggregates know the hours that have requests of a key, an API, a
status… at all: a key that was used three times in a month is found by reading three hours of raw
records, and not thirty days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.analytics import dimensions, partitions
from apps.analytics.caps import LEAST_VALUE_BYTES
from apps.analytics.models import AnalyticsRecord
from apps.core.tenancy import Scope

from . import planner
from .granularity import Level, current_retention
from .planner import QueryPlan
from .record_sql import Bind
from .sql import Statement
from .types import LogFilters, TrafficFilters, Window

#: Spans of hours that one statement reads.
MAX_SPANS = 100
#: Records that are counted, and that paging by number can reach.
MAX_COUNTED_RECORDS = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MILLISECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND - 1
_COLUMNS = [field.name for field in AnalyticsRecord._meta.concrete_fields]  # noqa: SLF001  (Django's documented way)
#: Filters that are columns.
_EQUAL = ("key", "oauth_client", "status", "method", "path", "country")
_BULKY = {"raw_request", "raw_response"}
NO_LOG_FILTERS = LogFilters()
#: Requests that are read at once when all are: as many as hold so many bytes of raw messages, by those read before.
_FIRST_BATCH, _LARGEST_BATCH, _BATCH_BYTES = 50, 1_000, 4 << 20


@dataclass(frozen=True, slots=True)
class Records:
    """Records, newest first, and whether older ones follow."""

    rows: list[AnalyticsRecord]
    more: bool


def records(
    scope: Scope,
    window: Window,
    filters: LogFilters = NO_LOG_FILTERS,
    *,
    before: UUID | None = None,
    limit: int = 50,
    offset: int = 0,
    raw: bool = False,
) -> Records:
    """The newest requests of a window, or the newest that are older than the record ``before``.

    Exact to the microsecond. Raw messages, kilobytes each, come only if asked for. Network statistics
    (status −1) are no requests.

    Raises:
        QueryTimeout: few requests match, and too many had to be read.
    """
    search, last = _Search(scope, filters, before), offset + limit
    columns = [name for name in _COLUMNS if raw or name not in _BULKY]
    found: list[tuple[Any, ...]] = []
    for spans in _span_batches(scope, _clipped(window, before), filters, last + 1):
        found += search.fetch(", ".join(columns), spans, last + 1 - len(found))
        if len(found) > last:
            break
    rows = [_read(columns, row) for row in found[offset:last]]
    return Records(rows, more=len(found) > last)


def every_record(scope: Scope, window: Window, filters: LogFilters = NO_LOG_FILTERS) -> Iterator[AnalyticsRecord]:
    """All requests of a window with their raw messages, newest first, some at a time: memory stays flat.

    Raises:
        QueryTimeout: few requests match, and too many had to be read.
    """
    before, limit = None, _FIRST_BATCH
    while True:
        found = records(scope, window, filters, before=before, limit=limit, raw=True)
        yield from found.rows
        if not found.more:
            return
        before = found.rows[-1].id
        size = sum(len(row.raw_request) + len(row.raw_response) for row in found.rows)
        limit = max(1, min(_LARGEST_BATCH, _BATCH_BYTES * len(found.rows) // max(size, 1)))


def count(scope: Scope, window: Window, filters: LogFilters = NO_LOG_FILTERS) -> int:
    """How many requests match, counted up to :data:`MAX_COUNTED_RECORDS`.

    Raises:
        QueryTimeout: few requests match, and too many had to be read.
    """
    search, found = _Search(scope, filters), 0
    for spans in _span_batches(scope, _clipped(window), filters, MAX_COUNTED_RECORDS):
        found += search.count(spans, MAX_COUNTED_RECORDS - found)
        if found >= MAX_COUNTED_RECORDS:
            break
    return found


def record(scope: Scope, id: UUID) -> AnalyticsRecord | None:  # noqa: A002
    """One request with its raw messages; ``None`` when the scope has none of this id."""
    span = _clipped(Window(_moment(id), _moment(id) + _MILLISECOND))
    if scope.is_empty or span.start >= span.end:
        return None
    found = _Search(scope, NO_LOG_FILTERS, only=id).fetch(", ".join(_COLUMNS), [span], 1)
    return _read(_COLUMNS, found[0]) if found else None


def _read(columns: Sequence[str], row: Sequence[Any]) -> AnalyticsRecord:
    read = AnalyticsRecord.from_db("default", columns, row)
    # On Django's connection jsonb comes as text when the SQL is written by hand.
    read.details = json.loads(read.details) if read.details else None
    return read


def _clipped(window: Window, before: UUID | None = None) -> Window:
    """The part of a window that raw records are kept of, and that ends with the record ``before``."""
    today = Level.DAY.floor(timezone.now())
    end = today + timedelta(days=settings.ANALYTICS_PARTITIONS_AHEAD + 1)
    if before is not None:
        end = min(end, _moment(before) + _MILLISECOND)
    start = datetime.combine(partitions.oldest(partitions.RECORDS, today.date()), time(), UTC)
    return Window(max(window.start, start), min(window.end, end))


def _moment(id_: UUID) -> datetime:
    """The millisecond that an id begins with; those that no calendar has are the last one."""
    return _EPOCH + min(id_.int >> 80, _LAST_MILLISECOND) * _MILLISECOND


def _first_id(moment: datetime) -> UUID:
    return UUID(int=max(0, (moment - _EPOCH) // _MILLISECOND) << 80)


def _span_batches(scope: Scope, window: Window, filters: LogFilters, least: int) -> Iterator[list[Window]]:
    """Spans that hold every request that may match, newest first; a batch holds ``least`` requests or more.

    There are fewer that do match when the filters are more than one dimension holds.
    """
    if window.start >= window.end or scope.is_empty:
        return
    plan = _narrowing_plan(scope, filters)
    if plan is None or window.start < current_retention().hours:
        yield [window]
    elif not plan.is_empty:
        yield from _batches(_hours(plan, window, errors=filters.errors), least)


def _batches(hours: Iterator[tuple[Window, int]], least: int) -> Iterator[list[Window]]:
    batch: list[Window] = []
    found = 0
    for hour, hits in hours:
        follows = bool(batch) and batch[-1].start == hour.end
        batch.append(Window(hour.start, batch.pop().end if follows else hour.end))
        found += hits
        if found >= least or len(batch) == MAX_SPANS:
            yield batch
            batch, found = [], 0
    if batch:
        yield batch


def _narrowing_plan(scope: Scope, filters: LogFilters) -> QueryPlan | None:
    """The rows of the aggregates that count every request that may match; ``None`` when all rows do."""
    apis = planner.allowed_apis(scope, TrafficFilters(apis=filters.apis))
    status = "" if filters.status is None else str(filters.status)
    detail = status if filters.status is not None and filters.status >= 400 else ""
    by_value = (
        (dimensions.KEY_STATUS if detail else dimensions.KEY, filters.key, detail),
        (dimensions.CLIENT_STATUS if detail else dimensions.OAUTH_CLIENT, filters.oauth_client, detail),
        (dimensions.COUNTRY, filters.country, ""),
        (dimensions.STATUS, status, ""),
    )
    for dimension, value, more in by_value:
        # Longer values may be cut in the aggregates, and rare ones are not counted apart.
        if value and len(value.encode()) <= LEAST_VALUE_BYTES:
            return QueryPlan(scope, dimension, apis, value, more, with_other=True)
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


@dataclass(frozen=True, slots=True)
class _Search:
    """Reads the requests that match, in spans of time."""

    scope: Scope
    filters: LogFilters
    before: UUID | None = None
    only: UUID | None = None

    def fetch(self, columns: str, spans: Sequence[Window], limit: int) -> list[tuple[Any, ...]]:
        """Columns of the newest requests of the spans."""
        statement = Statement(slow=True)
        return statement.fetch(f"SELECT {columns} {self._matching(statement.bind, spans, limit)}")

    def count(self, spans: Sequence[Window], limit: int) -> int:
        """How many there are in the spans, counted up to a limit."""
        statement = Statement(slow=True)
        matching = self._matching(statement.bind, spans, limit)
        [(number,)] = statement.fetch(f"SELECT count(*) FROM (SELECT 1 {matching}) counted")
        return int(number)

    def _matching(self, bind: Bind, spans: Sequence[Window], limit: int) -> str:
        newest = f"ORDER BY id DESC LIMIT {bind(limit)}"
        everyone = self.scope.organisation is None
        owner = "owners.owner" if everyone else bind(self.scope.organisation)
        within = f"""r.organisation = {owner} AND r.timestamp >= span.first AND r.timestamp < span.last
            AND r.id >= span.first_id AND r.id < span.last_id"""
        conditions = " AND ".join((within, *self._conditions(bind)))
        return f"""FROM {"(SELECT organisation AS owner FROM organisations) owners, " if everyone else ""}
            (VALUES {", ".join(_values(span, bind) for span in spans)}) span (first, last, first_id, last_id)
            CROSS JOIN LATERAL (SELECT * FROM analytics_record r WHERE {conditions} {newest}) matching {newest}"""

    def _conditions(self, bind: Bind) -> Iterator[str]:
        filters = self.filters
        columns = {name: getattr(filters, name) for name in _EQUAL} | {"id": self.only}
        yield from (f"r.{name} = {bind(value)}" for name, value in columns.items() if value not in {"", None})
        apis = planner.allowed_apis(self.scope, TrafficFilters(apis=filters.apis))
        if apis is not None:
            yield f"r.api_id = ANY({bind(sorted(apis))})"
        if filters.tag:
            yield f"{bind(filters.tag)} = ANY(r.tags)"
        if self.before:
            yield f"r.id < {bind(self.before)}"
        yield "r.status >= 400" if filters.errors else "r.status <> -1"


def _values(span: Window, bind: Bind) -> str:
    ids = (_first_id(span.start), _first_id(span.end + _MILLISECOND))
    return f"({', '.join(map(bind, (span.start, span.end, *ids)))})"
