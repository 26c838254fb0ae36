"""Totals and series: how much traffic there was, when it began and when it last came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.tenancy import Scope

from . import metrics, planner
from .aggregate_sql import bucket_number, rows_at_level
from .granularity import FIXED_LENGTHS, Buckets, Level, buckets, current_retention
from .planner import QueryPlan
from .sql import Statement
from .types import Point, Step, Totals, TrafficFilters, Window

NO_FILTERS = TrafficFilters()
#: Every time that a record can have.
EVER = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC))


def totals(scope: Scope, window: Window, filters: TrafficFilters = NO_FILTERS, *, percentiles: bool = True) -> Totals:
    """What the requests of a window add up to.

    Exact to the minute for some days, to the hour before (``granularity.Retention.bounds``).

    Raises:
        QueryTimeout: the filters ask for single requests, and there are too many.
    """
    plan = planner.for_totals(scope, filters)
    if plan.is_empty or window.start >= window.end:
        return Totals()
    statement = Statement()
    source = statement.rows(plan, current_retention().bounds(window))
    histogram = metrics.MERGED_HISTOGRAM if percentiles else "NULL"
    [columns] = statement.fetch(f"SELECT {metrics.SUMS}, {histogram} FROM {source} rows")
    sums = metrics.read_totals(columns)
    return metrics.with_percentiles([sums], [columns[-1]])[0] if percentiles else sums


def series(
    scope: Scope,
    window: Window,
    step: Step,
    zone: ZoneInfo,
    filters: TrafficFilters = NO_FILTERS,
    *,
    percentiles: bool = True,
    split_errors: bool = True,
    with_min_max: bool = True,
) -> list[Point]:
    """Every bucket of a window in order of time, zeros where nothing came; the points add up to the totals.

    Days and months are those of the zone. Days that begin within an hour of UTC (zones of half an
    hour's offset) are told apart at the nearest full hour. Where the step is finer than what is kept of
    the window's first days, the points are as fine as that: see ``granularity.finest_step``. With ``split_errors`` the
    errors of clients and of servers are told apart where that is kept. Without ``with_min_max`` minima, maxima
    and the last hit are left out, which makes days of a zone cheaper by far.

    Raises:
        TooManyPoints: the step is too fine for the window.
        QueryTimeout: the filters ask for single requests, and there are too many.
    """
    plan, wanted = planner.for_totals(scope, filters), buckets(window, step, zone, current_retention())
    if plan.is_empty or not wanted.starts:
        return [Point(start) for start in wanted.starts]
    statuses = planner.for_status_codes(plan) if split_errors else None
    return _SeriesQuery(plan, statuses, wanted, percentiles=percentiles, with_min_max=with_min_max).points()


@dataclass(frozen=True, slots=True)
class _SeriesQuery:
    """One statement that adds up the rows of each bucket. ``statuses`` are the rows that tell status codes."""

    plan: QueryPlan
    statuses: QueryPlan | None
    buckets: Buckets
    percentiles: bool
    with_min_max: bool

    def points(self) -> list[Point]:
        """Run it."""
        found = self._fetch()
        sums = [metrics.read_totals(columns) for _, *columns in found]
        if self.percentiles:
            sums = metrics.with_percentiles(sums, [columns[-3] for columns in found])
        starts = self.buckets.starts
        points = {
            columns[0]: Point(starts[columns[0]], totals, *columns[-2:])
            for totals, columns in zip(sums, found, strict=True)
        }
        nothing = None if self.statuses is None else 0
        return [points.get(at) or Point(start, Totals(), nothing, nothing) for at, start in enumerate(starts)]

    def _fetch(self) -> list[tuple[Any, ...]]:
        """Rows of a bucket's number, sums, histogram, errors of clients and of servers."""
        statement = Statement()
        sums = metrics.SUMS if self.with_min_max else metrics.ADDITIVE_SUMS
        histogram = metrics.MERGED_HISTOGRAM if self.percentiles else "NULL::text AS histogram"
        source = self._numbered(statement, self.plan)
        counted = f"(SELECT number, {sums}, {histogram} FROM {source} rows GROUP BY 1) sums"
        if self.statuses is None:
            return statement.fetch(f"SELECT *, NULL, NULL FROM {counted}")
        clients = _client_errors(self.statuses, self._numbered(statement, self.statuses, by_value=True))
        return statement.fetch(
            f"SELECT sums.*, coalesce(client, 0), errors - coalesce(client, 0) FROM {counted}"
            f" LEFT JOIN {clients} USING (number)"
        )

    def _numbered(self, statement: Statement, plan: QueryPlan, *, by_value: bool = False) -> str:
        """A subquery of rows with the number of their bucket; without minima and maxima some rows may be negative."""
        edges = self.buckets.edges
        if self.with_min_max or self.buckets.step in FIXED_LENGTHS or plan.filters is not None:
            source = statement.rows(plan, edges, by_value=by_value)
            return f"(SELECT {bucket_number('bucket', edges, statement.bind)} AS number, * FROM {source} rows)"
        return statement.timezone_day_rows(plan, edges, by_value=by_value)


def _client_errors(statuses: QueryPlan, source: str) -> str:
    """Errors of the client by bucket, those from 400 to 499; a row of status codes is of one code."""
    code = "value" if statuses.dimension.value == "status" else "detail"
    # As a range, that an index of values is read by; the pattern leaves out codes of other lengths.
    return f"""(SELECT number, sum(hits)::bigint AS client FROM {source} rows
        WHERE {code} >= '4' AND {code} < '5' AND {code} LIKE '4__' GROUP BY 1) client_errors"""


def last_record(scope: Scope) -> datetime | None:
    """When the newest request of a scope was made; ``None`` when there was none yet."""
    plan = planner.for_totals(scope, TrafficFilters())
    if plan.is_empty:
        return None
    statement = Statement()
    [(moment,)] = statement.fetch(f"SELECT max(last_hit) FROM {statement.rows(plan, (EVER.start, EVER.end))} rows")
    return moment  # type: ignore[no-any-return]


def first_record(scope: Scope) -> datetime | None:
    """The start of the first bucket with a request: of an hour, or of a day or month where no hours are kept."""
    plan = planner.for_totals(scope, TrafficFilters())
    if plan.is_empty:
        return None
    statement = Statement()
    levels = [rows_at_level(plan, level, EVER, statement.bind) for level in sorted(Level, reverse=True)]
    [firsts] = statement.fetch("SELECT " + ", ".join(f"(SELECT min(bucket) FROM {level} rows)" for level in levels))
    return _finest(*firsts)


def _finest(
    months: datetime | None, days: datetime | None, hours: datetime | None, minutes: datetime | None
) -> datetime | None:
    """The first bucket of the coarsest level, made finer by each level that still has rows of it.

    Minutes that are not folded yet are no part of a coarser bucket: they count if they are before it.
    """
    found, coarser = months, Level.MONTH
    for level, first in ((Level.DAY, days), (Level.HOUR, hours)):
        if first and (found is None or coarser.floor(first) <= found):
            found, coarser = first, level
    return min((first for first in (found, minutes) if first), default=None)
