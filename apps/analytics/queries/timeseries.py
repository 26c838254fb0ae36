"""Totals and series: how much traffic there was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.tenancy import Scope

from . import metrics, planner
from .aggregate_sql import range_of
from .granularity import kept
from .planner import QueryPlan
from .sql import Statement
from .steps import LENGTHS, Buckets, buckets
from .types import Filters, Point, Step, Totals, Window

NO_FILTERS = Filters()


def totals(scope: Scope, window: Window, filters: Filters = NO_FILTERS, *, percentiles: bool = True) -> Totals:
    """What the requests of a window add up to.

    Exact to the minute for some days, to the hour before (``granularity.Kept.bounds``).

    Raises:
        QueryTimeout: the filters ask for single requests, and there are too many.
    """
    plan = planner.for_totals(scope, filters)
    if plan.is_empty or window.start >= window.end:
        return Totals()
    statement = Statement()
    source = statement.rows(plan, kept().bounds(window))
    histogram = metrics.HISTOGRAM if percentiles else "NULL"
    [columns] = statement.fetch(f"SELECT {metrics.SUMS}, {histogram} FROM {source} rows")
    sums = metrics.totals(columns)
    return metrics.with_percentiles([sums], [columns[-1]])[0] if percentiles else sums


def series(
    scope: Scope,
    window: Window,
    step: Step,
    zone: ZoneInfo,
    filters: Filters = NO_FILTERS,
    *,
    percentiles: bool = True,
    split: bool = True,
    extremes: bool = True,
) -> list[Point]:
    """Every bucket of a window in order of time, zeros where nothing came; the points add up to the totals.

    Days and months are those of the zone. Days that begin within an hour of UTC (zones of half an
    hour's offset) are told apart at the nearest full hour. Where the step is finer than what is kept of
    the window's first days, the points are as fine as that: see ``steps.kept_step``. With ``split`` the
    errors of clients and of servers are told apart where that is kept. Without ``extremes`` minima, maxima
    and the last hit are left out, which makes days of a zone cheaper by far.

    Raises:
        TooManyPoints: the step is too fine for the window.
        QueryTimeout: the filters ask for single requests, and there are too many.
    """
    plan, wanted = planner.for_totals(scope, filters), buckets(window, step, zone, kept())
    if plan.is_empty or not wanted.starts:
        return [Point(start) for start in wanted.starts]
    statuses = planner.for_status_codes(plan) if split else None
    return _Series(plan, statuses, wanted, percentiles=percentiles, extremes=extremes).points()


@dataclass(frozen=True, slots=True)
class _Series:
    """One statement that adds up the rows of each bucket. ``split`` are rows that tell status codes."""

    plan: QueryPlan
    split: QueryPlan | None
    wanted: Buckets
    percentiles: bool
    extremes: bool

    def points(self) -> list[Point]:
        """Run it."""
        found = self._found()
        sums = [metrics.totals(columns) for _, *columns in found]
        if self.percentiles:
            sums = metrics.with_percentiles(sums, [columns[-3] for columns in found])
        starts = self.wanted.starts
        points = {
            columns[0]: Point(starts[columns[0]], totals, *columns[-2:])
            for totals, columns in zip(sums, found, strict=True)
        }
        nothing = None if self.split is None else 0
        return [points.get(at) or Point(start, Totals(), nothing, nothing) for at, start in enumerate(starts)]

    def _found(self) -> list[tuple[Any, ...]]:
        """Rows of a bucket's number, sums, histogram, errors of clients and of servers."""
        statement = Statement()
        sums = metrics.SUMS if self.extremes else metrics.ADDITIVE_SUMS
        histogram = metrics.HISTOGRAM if self.percentiles else "NULL::text AS histogram"
        source = self._numbered(statement, self.plan)
        counted = f"(SELECT number, {sums}, {histogram} FROM {source} rows GROUP BY 1) sums"
        if self.split is None:
            return statement.fetch(f"SELECT *, NULL, NULL FROM {counted}")
        clients = _client_errors(self.split, self._numbered(statement, self.split, by_value=True))
        return statement.fetch(
            f"SELECT sums.*, coalesce(client, 0), errors - coalesce(client, 0) FROM {counted}"
            f" LEFT JOIN {clients} USING (number)"
        )

    def _numbered(self, statement: Statement, plan: QueryPlan, *, by_value: bool = False) -> str:
        """A subquery of rows with the number of their bucket; some rows take away what others add without extremes."""
        edges = self.wanted.edges
        if self.extremes or self.wanted.step in LENGTHS or plan.filters is not None:
            source = statement.rows(plan, edges, by_value=by_value)
            return f"(SELECT {range_of('bucket', edges, statement.bind)} AS number, * FROM {source} rows)"
        return statement.shifted_rows(plan, edges, by_value=by_value)


def _client_errors(split: QueryPlan, source: str) -> str:
    """Errors of the client by bucket, those from 400 to 499; a row of status codes is of one code."""
    code = "value" if split.dimension.value == "status" else "detail"
    # As a range, that an index of values is read by; the pattern leaves out codes of other lengths.
    return f"""(SELECT number, sum(hits)::bigint AS client FROM {source} rows
        WHERE {code} >= '4' AND {code} < '5' AND {code} LIKE '4__' GROUP BY 1) split"""
