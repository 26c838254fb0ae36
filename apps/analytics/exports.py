"""What is shown on the analytics pages as tables for CSV files: the same questions, all rows of the answers.

Times are ISO 8601 with the offset of the page's zone, latencies milliseconds, shares 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.analytics import charts, dimensions, queries
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.dimensions import Dimension
from apps.analytics.panels import CLIENT_ERROR, api_table_options, build_chart
from apps.analytics.queries.types import BreakdownRow, Totals
from apps.analytics.query_params import STEP_VALUES

METRIC_HEADERS = (
    "requests",
    "successes",
    "errors",
    "error share",
    "average ms",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "last access",
)


@dataclass(frozen=True)
class CsvExport:
    """A CSV file to be: its name without ending, its header, its rows."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def chart(query: DashboardQuery) -> CsvExport:
    """The series of the chart that are not hidden, bucket by bucket."""
    built = build_chart(query)
    header = ["start", *(f"{series.name} ({series.unit})" for series in built.shown)]
    rows = (
        [_time(point.start, query), *(_number(series.value(point)) for series in built.shown)] for point in built.points
    )
    return CsvExport(f"{charts.TITLES[query.metric].lower()}-by-{STEP_VALUES[query.range.step]}", header, rows)


def _breakdown(
    name: str, dimension: Dimension, *columns: str, by_api: bool = True
) -> Callable[[DashboardQuery], CsvExport]:
    def export(query: DashboardQuery) -> CsvExport:
        table = queries.breakdown(query.scope, query.window, dimension, query.filters, by_api=by_api, percentiles=True)
        return CsvExport(name, [*columns, *METRIC_HEADERS], (_row(row, columns, query) for row in table.rows))

    return export


def all_apis(query: DashboardQuery) -> CsvExport:
    """The table of all APIs in its order, as far as it is searched through."""
    columns = ("api id", "api")
    rows = queries.breakdown(
        query.scope, query.window, dimensions.TOTAL, query.filters, **api_table_options(query)
    ).rows
    return CsvExport("apis", [*columns, *METRIC_HEADERS], (_row(row, columns, query) for row in rows))


def errors(query: DashboardQuery) -> CsvExport:
    """The status codes from 400, by API."""
    columns = ("status", "api id", "api")
    rows = queries.breakdown(query.scope, query.window, dimensions.STATUS, query.filters, percentiles=True).rows
    failed = (row for row in rows if row.value.isdigit() and int(row.value) >= CLIENT_ERROR)
    return CsvExport("errors", [*columns, *METRIC_HEADERS], (_row(row, columns, query) for row in failed))


#: How a column is filled.
CELLS: dict[str, Callable[[BreakdownRow], str]] = {
    "api id": lambda row: row.api,
    "api": lambda row: row.api_name or row.name,
    "method": lambda row: row.detail,
    "alias": lambda row: row.name,
    **dict.fromkeys(("version", "endpoint", "key", "status"), lambda row: row.value),
}


def _row(row: BreakdownRow, columns: Sequence[str], query: DashboardQuery) -> list[object]:
    return [*(CELLS[column](row) for column in columns), *_metrics(row.totals, query)]


def _metrics(totals: Totals, query: DashboardQuery) -> list[object]:
    last = _time(totals.last_hit, query) if totals.last_hit else ""
    share, average = round(totals.error_rate, 6), round(totals.latency, 1)
    percentiles = ("" if one is None else round(one, 1) for one in (totals.p50, totals.p95, totals.p99))
    return [totals.hits, totals.successes, totals.errors, share, average, *percentiles, last]


def _number(value: float | None) -> object:
    if value is None:
        return ""
    return int(value) if value == int(value) else value


def _time(at: datetime, query: DashboardQuery) -> str:
    return at.astimezone(query.range.zone).isoformat(timespec="seconds")


CSV_EXPORTS: dict[str, Callable[[DashboardQuery], CsvExport]] = {
    "chart": chart,
    "apis": _breakdown("apis", dimensions.TOTAL, "api id", "api"),
    "all_apis": all_apis,
    "versions": _breakdown("versions", dimensions.VERSION, "api id", "api", "version"),
    "endpoints": _breakdown("endpoints", dimensions.ENDPOINT, "api id", "api", "method", "endpoint"),
    "keys": _breakdown("keys", dimensions.KEY, "key", "alias", by_api=False),
    "errors": errors,
}
