"""What each panel of an analytics page holds: one question to the traffic, one context for a template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max

from apps.analytics import access, charts, dimensions, figures, queries, wording
from apps.analytics.access import Subject
from apps.analytics.asked import Asked
from apps.analytics.dimensions import Dimension
from apps.analytics.empty import why_empty
from apps.analytics.models import Slice
from apps.analytics.queries.types import BreakdownRow, LedgerBucket, Window
from apps.core.timezones import zone_names

ROWS = 10
ROWS_OF_A_PAGE = 50
CLIENT_ERROR, SERVER_ERROR = 400, 500

Context = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A row of a table: what it counts, its share of the largest row, and where its name leads."""

    row: BreakdownRow
    share: float
    address: str


def five_figures(asked: Asked) -> Context:
    """The figures over the page, beside those of the time before."""
    now = queries.totals(asked.scope, asked.window, asked.filters)
    before = queries.totals(asked.scope, asked.range.previous(), asked.filters)
    # A sparkline has no axis: days of UTC, which are kept as such, draw the same line as those of the zone.
    points = queries.series(
        asked.scope, asked.window, asked.range.step, ZoneInfo("UTC"), asked.filters, split_errors=False
    )
    period = f"previous {wording.length(asked.range.length)}"
    return {"figures": figures.figures(now, before, points, period)}


def chart_of(asked: Asked) -> charts.Chart:
    """The main chart."""
    points = queries.series(
        asked.scope, asked.window, asked.range.step, asked.range.zone, asked.filters, with_min_max=False
    )
    hidden = asked.state.hidden
    if hidden is None:
        hidden = charts.hidden_by_default(asked.metric)
    return charts.Chart(points, asked.range, asked.metric, hidden)


def chart(asked: Asked) -> Context:
    """The main chart, or why there is none."""
    drawn = chart_of(asked)
    if any(point.totals.hits for point in drawn.points):
        return {"chart": drawn, "contract": None if asked.state.table else drawn.contract()}
    return {"chart": drawn, "empty": why_empty(asked)}


def apis(asked: Asked) -> Context:
    """The APIs with most requests."""
    return _top(asked, dimensions.TOTAL, lambda row: asked.of_api(row.api))


def versions(asked: Asked) -> Context:
    """The versions of one API."""
    return _top(asked, dimensions.VERSION, lambda row: asked.narrowed(version=row.value))


def endpoints(asked: Asked) -> Context:
    """The tracked endpoints with most requests."""
    return _top(asked, dimensions.ENDPOINT, lambda row: asked.narrowed(path=row.value))


def keys(asked: Asked) -> Context:
    """The keys with most requests."""
    return _top(asked, dimensions.KEY, lambda row: asked.narrowed(key=row.value), by_api=False)


def _top(asked: Asked, dimension: Dimension, address: Callable[[BreakdownRow], str], *, by_api: bool = True) -> Context:
    table = queries.breakdown(
        asked.scope, asked.window, dimension, asked.filters, by_api=by_api, limit=ROWS, percentiles=True
    )
    return {"lines": _lines(table.rows, address), "count": table.count}


def _lines(rows: list[BreakdownRow], address: Callable[[BreakdownRow], str]) -> list[Line]:
    most = max((row.totals.hits for row in rows), default=0) or 1
    return [Line(row, row.totals.hits / most, address(row)) for row in rows]


@dataclass(frozen=True)
class Failure:
    """One status code among the errors: how often, mostly where, and how that compares."""

    code: int
    words: str
    hits: int
    share: float
    mostly: str
    mostly_address: str
    change: str

    @property
    def is_server(self) -> bool:
        """Whether it says the server failed."""
        return self.code >= SERVER_ERROR


def errors(asked: Asked) -> Context:
    """The status codes from 400, by number, with the API each came from mostly."""
    now, before = _errors_of(asked, asked.window), _errors_of(asked, asked.range.previous())
    sums = sorted(((sum(hits for hits, _ in rows), code) for code, rows in now.items()), reverse=True)
    most = sums[0][0] if sums else 1
    failures = []
    for hits, code in sums[:ROWS]:
        _, top = max(now[code], key=lambda one: one[0])
        change = figures.relative(hits, sum(count for count, _ in before.get(code, [])))
        words, name = wording.status_words(code), top.api_name or top.api
        failures.append(Failure(code, words, hits, hits / most, name, asked.of_api(top.api), change))
    return {"failures": failures, "count": len(sums)}


def _errors_of(asked: Asked, window: Window) -> dict[int, list[tuple[int, BreakdownRow]]]:
    found: dict[int, list[tuple[int, BreakdownRow]]] = defaultdict(list)
    for row in queries.breakdown(asked.scope, window, dimensions.STATUS, asked.filters).rows:
        if row.value.isdigit() and int(row.value) >= CLIENT_ERROR:
            found[int(row.value)].append((row.totals.hits, row))
    return found


@dataclass(frozen=True)
class Ledger:
    """What came in over some time and what became of it, in records."""

    received: int
    stored: int
    duplicates: int
    rejected: int
    filtered: int
    network: int
    hits: int

    @property
    def balanced(self) -> bool:
        """Whether every record is accounted for, and counted in the aggregates."""
        accounted = self.stored + self.duplicates + self.rejected + self.filtered
        return self.received == accounted and self.stored - self.network == self.hits

    @classmethod
    def of(cls, hours: list[LedgerBucket]) -> Ledger:
        """The ledger of several hours."""
        return cls(**{name: sum(getattr(hour, name) for hour in hours) for name in cls.__dataclass_fields__})


def proof(asked: Asked) -> Context:
    """The line that proves the count: what was received is what is stored, for the whole organisation."""
    ledger = Ledger.of(queries.ledger(asked.scope, asked.window, asked.range.step, asked.range.zone))
    return {"ledger": ledger, "last": queries.last_record(asked.scope), "next_pump": _next_pump(asked)}


def _next_pump(asked: Asked) -> int | None:
    """Seconds to the next drain, as far as the last one tells; ``None`` when that was too long ago."""
    last = Slice.objects.aggregate(last=Max("committed_at"))["last"]
    since = (asked.now - last).total_seconds() if last else settings.LAG_LIMIT
    return int(-since % settings.PUMP_PURGE_DELAY) if since < settings.LAG_LIMIT else None


def filters(asked: Asked) -> Context:
    """What can be filtered by, for the filter menu; versions with the names of the APIs that have them."""
    choices = queries.filter_options(asked.scope, asked.window)
    names = dict(choices.apis)
    versions: dict[str, list[str]] = defaultdict(list)
    for api, version in choices.versions:
        if asked.api in ("", api):
            versions[version].append(names.get(api) or api)
    listed = [(version, "" if asked.api else ", ".join(of)) for version, of in sorted(versions.items())]
    return {"choices": choices, "versions": listed}


def zones(asked: Asked) -> Context:
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


def listing_of_apis(asked: Asked) -> dict[str, Any]:
    """In which order the table of all APIs stands, and what it is searched for."""
    column = asked.state.sort.removeprefix("-")
    return {
        "order": "api_name" if column == "name" else column,
        "descending": asked.state.sort.startswith("-"),
        "search": asked.state.search,
        "percentiles": True,
    }


def all_apis(asked: Asked) -> Context:
    """One page of the table of all APIs, in the order asked for."""
    listing = listing_of_apis(asked)
    offset = ROWS_OF_A_PAGE * (asked.state.page - 1)
    table = queries.breakdown(
        asked.scope, asked.window, dimensions.TOTAL, asked.filters, limit=ROWS_OF_A_PAGE, offset=offset, **listing
    )
    return {
        "lines": _lines(table.rows, lambda row: asked.of_api(row.api)),
        "count": table.count,
        "pages": -(-table.count // ROWS_OF_A_PAGE),
        "headings": HEADINGS,
        "column": asked.state.sort.removeprefix("-"),
        "descending": listing["descending"],
        "empty": None if table.rows or asked.state.search else why_empty(asked),
    }


#: What each panel tells of, and its CSV file.
SUBJECTS: dict[str, Subject] = {
    "figures": access.REQUESTS,
    "chart": access.REQUESTS,
    "apis": access.APIS,
    "versions": access.VERSIONS,
    "endpoints": access.ENDPOINTS,
    "keys": access.KEYS,
    "errors": access.ERRORS,
    "proof": access.PIPELINE,
    "filters": access.CHOICES,
    "zones": access.CHOICES,
    "all_apis": access.APIS,
}

PANELS: dict[str, Callable[[Asked], Context]] = {
    "figures": five_figures,
    "chart": chart,
    "apis": apis,
    "versions": versions,
    "endpoints": endpoints,
    "keys": keys,
    "errors": errors,
    "proof": proof,
    "filters": filters,
    "zones": zones,
    "all_apis": all_apis,
}
