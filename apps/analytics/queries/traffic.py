"""Totals and series: how much traffic there was."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from apps.core.tenancy import Scope

from . import measures, selections
from .levels import kept
from .results import Filters, Point, Step, Totals, Window
from .selections import Selection
from .sources import range_of
from .statements import Statement
from .steps import Buckets, buckets

NO_FILTERS = Filters()


def totals(scope: Scope, window: Window, filters: Filters = NO_FILTERS, *, percentiles: bool = True) -> Totals:
    """What the requests of a window add up to.

    Exact to the minute for some days, to the hour before (``levels.Kept.bounds``).

    Raises:
        TooSlow: the filters ask for single requests, and there are too many.
    """
    selection = selections.overall(scope, filters)
    if selection.is_empty or window.start >= window.end:
        return Totals()
    statement = Statement()
    source = statement.rows(selection, kept().bounds(window))
    histogram = measures.HISTOGRAM if percentiles else "NULL"
    [columns] = statement.fetch(f"SELECT {measures.SUMS}, {histogram} FROM {source} rows")
    sums = measures.totals(columns)
    return measures.with_percentiles([sums], [columns[-1]])[0] if percentiles else sums


def series(
    scope: Scope,
    window: Window,
    step: Step,
    zone: ZoneInfo,
    filters: Filters = NO_FILTERS,
    *,
    percentiles: bool = True,
    split: bool = True,
) -> list[Point]:
    """Every bucket of a window in order of time, zeros where nothing came; the points add up to the totals.

    Days and months are those of the zone. Days that begin within an hour of UTC (zones of half an
    hour's offset) are told apart at the nearest full hour. Where the step is finer than what is kept of
    the window's first days, the points are as fine as that: see ``steps.kept_step``. With ``split`` the
    errors of clients and of servers are told apart where that is kept.

    Raises:
        TooManyPoints: the step is too fine for the window.
        TooSlow: the filters ask for single requests, and there are too many.
    """
    selection, wanted = selections.overall(scope, filters), buckets(window, step, zone, kept())
    if selection.is_empty or not wanted.starts:
        return [Point(start) for start in wanted.starts]
    return _points(selection, selections.statuses(selection) if split else None, wanted, percentiles=percentiles)


def _points(selection: Selection, split: Selection | None, wanted: Buckets, *, percentiles: bool) -> list[Point]:
    found = _buckets(selection, split, wanted, percentiles=percentiles)
    sums = [measures.totals(columns) for _, *columns in found]
    if percentiles:
        sums = measures.with_percentiles(sums, [columns[-3] for columns in found])
    points = {
        columns[0]: Point(wanted.starts[columns[0]], totals, *columns[-2:])
        for totals, columns in zip(sums, found, strict=True)
    }
    nothing = None if split is None else 0
    return [points.get(at) or Point(start, Totals(), nothing, nothing) for at, start in enumerate(wanted.starts)]


def _buckets(
    selection: Selection, split: Selection | None, wanted: Buckets, *, percentiles: bool
) -> list[tuple[Any, ...]]:
    """Rows of a bucket's number, sums, histogram, errors of clients and of servers."""
    statement = Statement()
    number = f"{range_of('bucket', wanted.edges, statement.bind)} AS number"
    histogram = measures.HISTOGRAM if percentiles else "NULL::text AS histogram"
    source = statement.rows(selection, wanted.edges)
    counted = f"(SELECT {number}, {measures.SUMS}, {histogram} FROM {source} rows GROUP BY 1) sums"
    if split is None:
        return statement.fetch(f"SELECT *, NULL, NULL FROM {counted}")
    clients = _client_errors(split, number, statement.rows(split, wanted.edges, by_value=True))
    return statement.fetch(
        f"SELECT sums.*, coalesce(client, 0), errors - coalesce(client, 0) FROM {counted}"
        f" LEFT JOIN {clients} USING (number)"
    )


def _client_errors(split: Selection, number: str, source: str) -> str:
    """Errors of the client by bucket, those from 400 to 499; a row of status codes is of one code."""
    code = "value" if split.dimension.value == "status" else "detail"
    # As a range, that an index of values is read by; the pattern leaves out codes of other lengths.
    return f"""(SELECT {number}, sum(hits)::bigint AS client FROM {source} rows
        WHERE {code} >= '4' AND {code} < '5' AND {code} LIKE '4__' GROUP BY 1) split"""
