"""What is shown on the analytics pages as tables for CSV files: the same questions, all rows of the answers.

Times are ISO 8601 with the offset of the page's zone, latencies milliseconds, shares 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.analytics import charts, dimensions, queries
from apps.analytics.asked import Asked
from apps.analytics.dimensions import Dimension
from apps.analytics.panels import CLIENT_ERROR, chart_of, listing_of_apis
from apps.analytics.queries.types import BreakdownRow, Totals

MEASURES = ("requests", "successes", "errors", "error share", "average ms", "p50 ms", "p95 ms", "p99 ms", "last access")


@dataclass(frozen=True)
class Download:
    """A file to be: its name without ending, its header, its rows."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def chart(asked: Asked) -> Download:
    """The series of the chart that are not hidden, bucket by bucket."""
    drawn = chart_of(asked)
    header = ["start", *(f"{series.name} ({series.unit})" for series in drawn.shown)]
    rows = (
        [_time(point.start, asked), *(_number(series.value(point)) for series in drawn.shown)] for point in drawn.points
    )
    return Download(f"{charts.TITLES[asked.metric].lower()}-by-{asked.range.step}", header, rows)


def _breakdown(name: str, dimension: Dimension, *columns: str, by_api: bool = True) -> Callable[[Asked], Download]:
    def download(asked: Asked) -> Download:
        table = queries.breakdown(asked.scope, asked.window, dimension, asked.filters, by_api=by_api, percentiles=True)
        return Download(name, [*columns, *MEASURES], (_row(row, columns, asked) for row in table.rows))

    return download


def all_apis(asked: Asked) -> Download:
    """The table of all APIs in its order, as far as it is searched through."""
    columns = ("api id", "api")
    rows = queries.breakdown(asked.scope, asked.window, dimensions.TOTAL, asked.filters, **listing_of_apis(asked)).rows
    return Download("apis", [*columns, *MEASURES], (_row(row, columns, asked) for row in rows))


def errors(asked: Asked) -> Download:
    """The status codes from 400, by API."""
    columns = ("status", "api id", "api")
    rows = queries.breakdown(asked.scope, asked.window, dimensions.STATUS, asked.filters, percentiles=True).rows
    failed = (row for row in rows if row.value.isdigit() and int(row.value) >= CLIENT_ERROR)
    return Download("errors", [*columns, *MEASURES], (_row(row, columns, asked) for row in failed))


#: How a column is filled.
COLUMNS: dict[str, Callable[[BreakdownRow], str]] = {
    "api id": lambda row: row.api,
    "api": lambda row: row.api_name or row.name,
    "method": lambda row: row.detail,
    "alias": lambda row: row.name,
    **dict.fromkeys(("version", "endpoint", "key", "status"), lambda row: row.value),
}


def _row(row: BreakdownRow, columns: Sequence[str], asked: Asked) -> list[object]:
    return [*(COLUMNS[column](row) for column in columns), *_measures(row.totals, asked)]


def _measures(totals: Totals, asked: Asked) -> list[object]:
    last = _time(totals.last_hit, asked) if totals.last_hit else ""
    share, average = round(totals.error_rate, 6), round(totals.latency, 1)
    percentiles = ("" if one is None else round(one, 1) for one in (totals.p50, totals.p95, totals.p99))
    return [totals.hits, totals.successes, totals.errors, share, average, *percentiles, last]


def _number(value: float | None) -> object:
    if value is None:
        return ""
    return int(value) if value == int(value) else value


def _time(at: datetime, asked: Asked) -> str:
    return at.astimezone(asked.range.zone).isoformat(timespec="seconds")


DOWNLOADS: dict[str, Callable[[Asked], Download]] = {
    "chart": chart,
    "apis": _breakdown("apis", dimensions.TOTAL, "api id", "api"),
    "all_apis": all_apis,
    "versions": _breakdown("versions", dimensions.VERSION, "api id", "api", "version"),
    "endpoints": _breakdown("endpoints", dimensions.ENDPOINT, "api id", "api", "method", "endpoint"),
    "keys": _breakdown("keys", dimensions.KEY, "key", "alias", by_api=False),
    "errors": errors,
}
