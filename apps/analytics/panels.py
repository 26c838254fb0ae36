"""What each panel of an analytics page holds: one question to the traffic, one context for a template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max

from apps.analytics import access, charts, dimensions, formatting, queries
from apps.analytics.access import Report
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.dimensions import Dimension
from apps.analytics.empty_states import empty_state
from apps.analytics.kpis import build_kpis, relative_change
from apps.analytics.models import Slice
from apps.analytics.queries.types import BreakdownRow, LedgerBucket, Window
from apps.core.timezones import zone_names

TOP_ROWS = 10
ROWS_PER_PAGE = 50
CLIENT_ERROR, SERVER_ERROR = 400, 500

Context = dict[str, Any]


@dataclass(frozen=True)
class RankedRow:
    """A row of a table: what it counts, its share of the largest row, and where its name leads, if anywhere."""

    row: BreakdownRow
    share: float
    url: str


def kpis(query: DashboardQuery) -> Context:
    """The figures over the page, beside those of the time before."""
    now = queries.totals(query.scope, query.window, query.filters)
    before = queries.totals(query.scope, query.range.previous(), query.filters)
    # A sparkline has no axis: days of UTC, which are kept as such, draw the same line as those of the zone.
    points = queries.series(
        query.scope, query.window, query.range.step, ZoneInfo("UTC"), query.filters, split_errors=False
    )
    period = f"previous {formatting.duration(query.range.length)}"
    return {"kpis": build_kpis(now, before, points, period)}


def build_chart(query: DashboardQuery) -> charts.Chart:
    """The main chart."""
    points = queries.series(
        query.scope, query.window, query.range.step, query.range.zone, query.filters, with_min_max=False
    )
    hidden = query.params.hidden
    if hidden is None:
        hidden = charts.hidden_by_default(query.metric)
    return charts.Chart(points, query.range, query.metric, hidden)


def chart(query: DashboardQuery) -> Context:
    """The main chart, or why there is none."""
    built = build_chart(query)
    if any(point.totals.hits for point in built.points):
        return {"chart": built, "chart_data": None if query.params.table else built.data()}
    return {"chart": built, "empty": empty_state(query)}


def apis(query: DashboardQuery) -> Context:
    """The APIs with most requests."""
    return _top(query, dimensions.TOTAL, lambda row: query.api_url(row.api))


def versions(query: DashboardQuery) -> Context:
    """The versions of one API."""
    return _top(query, dimensions.VERSION, lambda row: query.filtered_url(version=row.value))


def endpoints(query: DashboardQuery) -> Context:
    """The tracked endpoints with most requests."""
    return _top(query, dimensions.ENDPOINT, lambda row: query.filtered_url(path=row.value))


def keys(query: DashboardQuery) -> Context:
    """The keys with most requests."""
    return _top(query, dimensions.KEY, lambda row: query.filtered_url(key=row.value), by_api=False)


def _top(
    query: DashboardQuery, dimension: Dimension, url: Callable[[BreakdownRow], str], *, by_api: bool = True
) -> Context:
    table = queries.breakdown(
        query.scope, query.window, dimension, query.filters, by_api=by_api, limit=TOP_ROWS, percentiles=True
    )
    return {"rows": _ranked(table.rows, url), "count": table.count}


def _ranked(rows: list[BreakdownRow], url: Callable[[BreakdownRow], str]) -> list[RankedRow]:
    most = max((row.totals.hits for row in rows), default=0) or 1
    return [RankedRow(row, row.totals.hits / most, "" if row.is_other else url(row)) for row in rows]


@dataclass(frozen=True)
class ErrorStatus:
    """One status code among the errors: how often, which API had most of them, and how that compares."""

    code: int
    phrase: str
    hits: int
    share: float
    top_api: str
    top_api_url: str
    change: str

    @property
    def is_server(self) -> bool:
        """Whether it says the server failed."""
        return self.code >= SERVER_ERROR


def errors(query: DashboardQuery) -> Context:
    """The status codes from 400, by number, with the API that had most of each."""
    now, before = _error_rows(query, query.window), _error_rows(query, query.range.previous())
    sums = sorted(((sum(hits for hits, _ in rows), code) for code, rows in now.items()), reverse=True)
    most = sums[0][0] if sums else 1
    statuses = []
    for hits, code in sums[:TOP_ROWS]:
        _, top = max(now[code], key=lambda one: one[0])
        change = relative_change(hits, sum(count for count, _ in before.get(code, [])))
        phrase, name = formatting.status_phrase(code), top.api_name or top.api
        statuses.append(ErrorStatus(code, phrase, hits, hits / most, name, query.api_url(top.api), change))
    return {"statuses": statuses, "count": len(sums)}


def _error_rows(query: DashboardQuery, window: Window) -> dict[int, list[tuple[int, BreakdownRow]]]:
    found: dict[int, list[tuple[int, BreakdownRow]]] = defaultdict(list)
    for row in queries.breakdown(query.scope, window, dimensions.STATUS, query.filters).rows:
        if row.value.isdigit() and int(row.value) >= CLIENT_ERROR:
            found[int(row.value)].append((row.totals.hits, row))
    return found


@dataclass(frozen=True)
class LedgerTotals:
    """What came in over some time and what became of it, in records."""

    received: int
    stored: int
    duplicates: int
    rejected: int
    filtered: int
    network: int
    hits: int

    @property
    def is_balanced(self) -> bool:
        """Whether every record is accounted for, and counted in the aggregates."""
        accounted = self.stored + self.duplicates + self.rejected + self.filtered
        return self.received == accounted and self.stored - self.network == self.hits

    @classmethod
    def of(cls, hours: list[LedgerBucket]) -> LedgerTotals:
        """The ledger of several hours."""
        return cls(**{name: sum(getattr(hour, name) for hour in hours) for name in cls.__dataclass_fields__})


def reconciliation(query: DashboardQuery) -> Context:
    """The line that proves the count: what was received is what is stored, for the whole organisation."""
    ledger = LedgerTotals.of(queries.ledger(query.scope, query.window, query.range.step, query.range.zone))
    return {"ledger": ledger, "last": queries.last_arrival(query.scope), "next_pump": _next_pump(query)}


def _next_pump(query: DashboardQuery) -> int | None:
    """Seconds to the next drain, as far as the last one tells; ``None`` when that was too long ago."""
    last = Slice.objects.aggregate(last=Max("committed_at"))["last"]
    since = (query.now - last).total_seconds() if last else settings.LAG_LIMIT
    return int(-since % settings.PUMP_PURGE_DELAY) if since < settings.LAG_LIMIT else None


def filters(query: DashboardQuery) -> Context:
    """What can be filtered by, for the filter menu; versions with the names of the APIs that have them."""
    options = queries.filter_options(query.scope, query.window)
    names = dict(options.apis)
    versions: dict[str, list[str]] = defaultdict(list)
    for api, version in options.versions:
        if query.api in ("", api):
            versions[version].append(names.get(api) or api)
    listed = [(version, "" if query.api else ", ".join(of)) for version, of in sorted(versions.items())]
    return {"options": options, "versions": listed}


def zones(query: DashboardQuery) -> Context:
    """The names of all time zones."""
    return {"zones": zone_names()}


@dataclass(frozen=True)
class Heading:
    """A column of the table of APIs; ``hidden`` where the screen is narrow."""

    column: str
    name: str
    hidden: bool = True


HEADINGS = (
    Heading("name", "API", hidden=False),
    Heading("hits", "Requests", hidden=False),
    Heading("successes", "Success"),
    Heading("errors", "Errors"),
    Heading("error_rate", "Error share", hidden=False),
    Heading("p95", "p95"),
    Heading("last_hit", "Last access"),
)


def api_table_options(query: DashboardQuery) -> dict[str, Any]:
    """In which order the table of all APIs stands, and what it is searched for."""
    column = query.params.sort.removeprefix("-")
    return {
        "order": "api_name" if column == "name" else column,
        "descending": query.params.sort.startswith("-"),
        "search": query.params.search,
        "percentiles": True,
    }


def all_apis(query: DashboardQuery) -> Context:
    """One page of the table of all APIs, in the order asked for."""
    table_options = api_table_options(query)
    offset = ROWS_PER_PAGE * (query.params.page - 1)
    table = queries.breakdown(
        query.scope, query.window, dimensions.TOTAL, query.filters, limit=ROWS_PER_PAGE, offset=offset, **table_options
    )
    return {
        "rows": _ranked(table.rows, lambda row: query.api_url(row.api)),
        "count": table.count,
        "pages": -(-table.count // ROWS_PER_PAGE),
        "headings": HEADINGS,
        "column": query.params.sort.removeprefix("-"),
        "descending": table_options["descending"],
        "empty": None if table.rows or query.params.search else empty_state(query),
    }


#: What each panel tells of, and its CSV file.
REPORTS: dict[str, Report] = {
    "figures": access.REQUESTS,
    "chart": access.REQUESTS,
    "apis": access.APIS,
    "versions": access.VERSIONS,
    "endpoints": access.ENDPOINTS,
    "keys": access.KEYS,
    "errors": access.ERRORS,
    "proof": access.PIPELINE,
    "filters": access.FILTER_OPTIONS,
    "zones": access.FILTER_OPTIONS,
    "all_apis": access.APIS,
}

PANELS: dict[str, Callable[[DashboardQuery], Context]] = {
    "figures": kpis,
    "chart": chart,
    "apis": apis,
    "versions": versions,
    "endpoints": endpoints,
    "keys": keys,
    "errors": errors,
    "proof": reconciliation,
    "filters": filters,
    "zones": zones,
    "all_apis": all_apis,
}
