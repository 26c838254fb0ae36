"""Breakdowns: traffic by API, endpoint, key, country and every other dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from apps.analytics import dimensions
from apps.analytics.caps import OTHER
from apps.analytics.dimensions import Dimension
from apps.core.tenancy import Scope

from . import metrics, planner
from .aggregate_sql import columns_in
from .granularity import current_retention
from .planner import QueryPlan
from .sql import Statement
from .timeseries import NO_FILTERS
from .types import Breakdown, BreakdownRow, FilterOptions, TrafficFilters, Window

Order = Literal[
    "hits", "successes", "errors", "error_rate", "request_time", "latency", "upstream_latency", "min_latency",
    "max_latency", "min_upstream_latency", "max_upstream_latency", "last_hit", "api", "api_name", "value", "detail",
    "name", "p50", "p95", "p99",
]  # fmt: skip
#: What a table can be ordered by, in SQL over its groups. Percentiles are known to Python only.
ORDER_EXPRESSIONS: Mapping[str, str] = {
    **{name: f"sum({name})" for name in ("hits", "successes", "errors")},
    **{name: f"sum({name})::float / sum(hits)" for name in ("request_time", "latency", "upstream_latency")},
    **{name: f"max({name})" for name in ("max_latency", "max_upstream_latency", "last_hit")},
    **{name: metrics.min_without_errors(name) for name in ("min_latency", "min_upstream_latency")},
    "error_rate": "sum(errors)::float / sum(hits)",
}
#: Orders by what the groups are called.
NAME_ORDERS: Mapping[str, str] = {
    **{name: name for name in ("api", "value", "detail")},
    **{name: f"lower({name})" for name in ("api_name", "name")},
}
PERCENTILE_ORDERS = ("p50", "p95", "p99")
#: Tags that a menu can hold.
MAX_TAGS = 1_000
#: The newest name in a group of aggregate rows.
NEWEST_NAME = "(array_agg(name ORDER BY last_hit DESC) FILTER (WHERE name <> ''))[1]"


@dataclass(frozen=True, slots=True)
class BreakdownOptions:
    """What a table shows of the rows it could: how they are grouped, in which order, and which of them."""

    by_api: bool
    by_detail: bool
    order: Order
    descending: bool
    limit: int | None
    offset: int
    search: str


def breakdown(
    scope: Scope,
    window: Window,
    dimension: Dimension,
    filters: TrafficFilters = NO_FILTERS,
    *,
    by_api: bool = True,
    by_detail: bool = True,
    order: Order = "hits",
    descending: bool = True,
    limit: int | None = None,
    offset: int = 0,
    percentiles: bool = False,
    search: str = "",
) -> Breakdown:
    """The traffic of a window by the values of a dimension.

    ``by_api=False`` adds the APIs of a value up, ``by_detail=False`` its details (an endpoint's
    methods). ``search`` keeps rows that hold a text in any name or value, whatever its case. Rows of
    equal order follow each other by API, value and detail. Ordering by a percentile computes those of
    all rows first.

    Raises:
        QueryTimeout: the filters ask for single requests, and there are too many.
    """
    plan = planner.for_breakdown(scope, dimension, filters)
    if plan.is_empty or window.start >= window.end:
        return Breakdown([], 0)
    shown = BreakdownOptions(by_api, by_detail, order, descending, limit, offset, search.strip())
    if order in PERCENTILE_ORDERS:
        return _by_percentile(dimension, plan, window, shown)
    return _BreakdownQuery(dimension, plan, current_retention().bounds(window), shown, percentiles=percentiles).read()


def _by_percentile(dimension: Dimension, plan: QueryPlan, window: Window, shown: BreakdownOptions) -> Breakdown:
    """A table whose order only Python knows: all its rows are read."""
    every = replace(shown, order="api", descending=False, limit=None, offset=0)
    table = _BreakdownQuery(dimension, plan, current_retention().bounds(window), every, percentiles=True).read()
    table.rows.sort(key=lambda row: getattr(row.totals, shown.order) or 0.0, reverse=shown.descending)
    end = None if shown.limit is None else shown.offset + shown.limit
    return Breakdown(table.rows[shown.offset : end], table.count)


@dataclass(frozen=True, slots=True)
class _BreakdownQuery:
    """One statement that puts all groups in order by one figure, and works out in full only those shown."""

    dimension: Dimension
    plan: QueryPlan
    edges: Sequence[datetime]
    options: BreakdownOptions
    percentiles: bool

    def read(self) -> Breakdown:
        """Run it."""
        statement = Statement()
        if self.options.limit is None:
            source = statement.rows(self.plan, self.edges)
            parts = [f"figures AS ({self._figures(source)})", self._grouped("figures"), *self._ordered(statement)]
        else:
            columns = columns_in(*self._rank(), *self._key())
            source = statement.rows(self.plan, self.edges, columns=columns)
            shown_source = statement.rows(self.plan, self.edges, by_value=bool(self.dimension.value))
            figures = f"figures AS ({self._figures(shown_source, self._shown_condition())})"
            parts = [self._grouped(source), *self._ordered(statement), figures]
        # One row at least, so that a page past the end knows the count too.
        found = statement.fetch(
            f"SELECT (SELECT count(*) FROM listed), api, value, detail, api_name, figures.name, {metrics.COLUMN_NAMES},"
            " histogram FROM (SELECT) one LEFT JOIN (shown JOIN figures USING (api, value, detail)) ON true"
            " ORDER BY place",
            self._names(statement),
            *parts,
        )
        return Breakdown(self._rows([columns[1:] for columns in found if columns[1] is not None]), found[0][0])

    def _key(self) -> tuple[str, str, str]:
        """What rows are grouped by: API, value and detail, or the empty text."""
        wanted = {
            "api": self.options.by_api,
            "value": bool(self.dimension.value),
            "detail": bool(self.dimension.detail) and self.options.by_detail,
        }
        api, value, detail = (name if is_wanted else "''::text" for name, is_wanted in wanted.items())
        return api, value, detail

    def _groups(self, columns: str, source: str, condition: str = "true") -> str:
        api, value, detail = self._key()
        return (
            f"SELECT {api} AS api, {value} AS value, {detail} AS detail, {columns}"
            f" FROM {source} rows WHERE {condition} GROUP BY {api}, {value}, {detail}"
        )

    def _figures(self, source: str, condition: str = "true") -> str:
        """Groups in full."""
        name = NEWEST_NAME if self.dimension.name == "alias" else "''::text"
        histogram = metrics.MERGED_HISTOGRAM if self.percentiles else "NULL::text AS histogram"
        return self._groups(f"{name} AS name, {metrics.SUMS}, {histogram}", source, condition)

    def _shown_condition(self) -> str:
        """The condition of the rows of the groups shown; others of the same value or API may be among them."""
        api, value, _ = self._key()
        columns = [name for name, column in (("api", api), ("value", value)) if name == column]
        return " AND ".join(f"{name} = ANY(ARRAY(SELECT {name} FROM shown))" for name in columns) or "true"

    def _rank(self) -> tuple[str, str]:
        """What groups are put in order by, and the name that they are searched by or put in order by instead."""
        wants_name = self.dimension.name == "alias" and (self.options.search or self.options.order == "name")
        return ORDER_EXPRESSIONS.get(self.options.order, "sum(hits)"), "max(name)" if wants_name else "''::text"

    def _grouped(self, source: str) -> str:
        """Groups with what they are put in order and searched by."""
        figure, name = self._rank()
        return f"grouped AS ({self._groups(f'{figure} AS figure, {name} AS name', source)})"

    def _names(self, statement: Statement) -> str:
        """The newest name of each API."""
        if not self.options.by_api:
            return "names AS (SELECT NULL::text AS api, ''::text AS api_name)"
        total = QueryPlan(self.plan.scope, dimensions.TOTAL, self.plan.apis)
        return f"""names AS (SELECT DISTINCT ON (api) api, name AS api_name
            FROM {statement.rows(total, self.edges)} rows WHERE name <> '' ORDER BY api, last_hit DESC)"""

    def _ordered(self, statement: Statement) -> Iterator[str]:
        """All groups, and those shown with their places: few are found among many without putting all in order."""
        name = "coalesce(api_name, '')" if self.dimension is dimensions.TOTAL else "name"
        options = self.options
        named = f"""SELECT api, value, detail, figure, coalesce(api_name, '') AS api_name, {name} AS name
            FROM grouped LEFT JOIN names USING (api)"""
        texts = "concat_ws(E'\n', api, value, detail, name, api_name)"
        searched = (
            f"WHERE strpos(lower({texts}), lower({statement.bind(options.search)})) > 0" if options.search else ""
        )
        yield f"listed AS MATERIALIZED (SELECT * FROM ({named}) named {searched})"
        order = (
            f"{NAME_ORDERS.get(options.order, 'figure')} {'DESC' if options.descending else 'ASC'}, api, value, detail"
        )
        limit = "ALL" if options.limit is None else statement.bind(options.limit)
        page = f"SELECT * FROM listed ORDER BY {order} LIMIT {limit} OFFSET {statement.bind(options.offset)}"
        yield f"""shown AS MATERIALIZED (SELECT api, value, detail, api_name,
            row_number() OVER (ORDER BY {order}) AS place FROM ({page}) page)"""

    def _rows(self, found: Sequence[Sequence[Any]]) -> list[BreakdownRow]:
        sums = [metrics.read_totals(columns[5:]) for columns in found]
        if self.percentiles:
            sums = metrics.with_percentiles(sums, [columns[-1] for columns in found])
        is_total = self.dimension is dimensions.TOTAL
        return [
            BreakdownRow(api, api_name, value, detail, api_name if is_total else name or "", totals)
            for (api, value, detail, api_name, name, *_), totals in zip(found, sums, strict=True)
        ]


def filter_options(scope: Scope, window: Window) -> FilterOptions:
    """What had traffic in a window, for the menus of filters; of tags the :data:`MAX_TAGS` most used.

    Requests without API are no choice.
    """
    if scope.is_empty or window.start >= window.end:
        return FilterOptions([], [], [])
    statement = Statement()
    kinds = (dimensions.TOTAL, dimensions.VERSION, dimensions.TAG)
    edges = current_retention().bounds(window)
    sources = (statement.rows(QueryPlan(scope, kind, scope.apis), edges) for kind in kinds)
    api = f"CASE WHEN dimension = {dimensions.TAG.code} THEN '' ELSE api END"
    rows = " UNION ALL ".join(f"SELECT * FROM {source} rows" for source in sources)
    # By name first, which needs no order: sorting all rows took half the time.
    named = (
        f"SELECT dimension, {api} AS api, value, name, max(last_hit) AS last_hit, sum(hits) AS hits"
        f" FROM ({rows}) rows WHERE value <> {statement.bind(OTHER)} GROUP BY 1, 2, 3, 4"
    )
    found = statement.fetch(
        f"SELECT dimension, api, value, {NEWEST_NAME} FROM ({named}) named"
        " GROUP BY 1, 2, 3 ORDER BY sum(hits) DESC, 2, 3"
    )
    apis, versions, tags = ([columns[1:] for columns in found if columns[0] == kind.code] for kind in kinds)
    return FilterOptions(
        apis=sorted(((api, name or "") for api, _, name in apis if api), key=lambda api: (api[1].casefold(), api[0])),
        versions=sorted((api, version) for api, version, _ in versions),
        tags=sorted(tag for _, tag, _ in tags[:MAX_TAGS]),
    )
