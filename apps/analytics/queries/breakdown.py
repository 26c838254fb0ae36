"""Breakdowns: traffic by API, endpoint, key, country and every other dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from apps.analytics import dimensions
from apps.analytics.dimensions import Dimension
from apps.core.tenancy import Scope

from . import metrics, planner
from .aggregate_sql import columns_in
from .granularity import kept
from .planner import QueryPlan
from .sql import Statement
from .timeseries import NO_FILTERS
from .types import Choices, Filters, Row, Table, Window

Order = Literal[
    "hits", "successes", "errors", "error_rate", "request_time", "latency", "upstream_latency", "min_latency",
    "max_latency", "min_upstream_latency", "max_upstream_latency", "last_hit", "api", "api_name", "value", "detail",
    "name", "p50", "p95", "p99",
]  # fmt: skip
#: What a table can be ordered by, in SQL over its groups. Percentiles are known to Python only.
ORDERS: Mapping[str, str] = {
    **{name: f"sum({name})" for name in ("hits", "successes", "errors")},
    **{name: f"sum({name})::float / sum(hits)" for name in ("request_time", "latency", "upstream_latency")},
    **{name: f"max({name})" for name in ("max_latency", "max_upstream_latency", "last_hit")},
    **{name: metrics.least(name) for name in ("min_latency", "min_upstream_latency")},
    "error_rate": "sum(errors)::float / sum(hits)",
}
#: Orders by what the groups are called.
NAMES: Mapping[str, str] = {
    **{name: name for name in ("api", "value", "detail")},
    **{name: f"lower({name})" for name in ("api_name", "name")},
}
PERCENTILES = ("p50", "p95", "p99")
#: Tags that a menu can hold.
MOST_TAGS = 1_000
#: The newest name in a group of aggregate rows.
NEWEST_NAME = "(array_agg(name ORDER BY last_hit DESC) FILTER (WHERE name <> ''))[1]"


@dataclass(frozen=True, slots=True)
class Listing:
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
    filters: Filters = NO_FILTERS,
    *,
    by_api: bool = True,
    by_detail: bool = True,
    order: Order = "hits",
    descending: bool = True,
    limit: int | None = None,
    offset: int = 0,
    percentiles: bool = False,
    search: str = "",
) -> Table:
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
        return Table([], 0)
    shown = Listing(by_api, by_detail, order, descending, limit, offset, search.strip())
    if order in PERCENTILES:
        return _by_percentile(dimension, plan, window, shown)
    return _Table(dimension, plan, kept().bounds(window), shown, percentiles=percentiles).read()


def _by_percentile(dimension: Dimension, plan: QueryPlan, window: Window, shown: Listing) -> Table:
    """A table whose order only Python knows: all its rows are read."""
    every = replace(shown, order="api", descending=False, limit=None, offset=0)
    table = _Table(dimension, plan, kept().bounds(window), every, percentiles=True).read()
    table.rows.sort(key=lambda row: getattr(row.totals, shown.order) or 0.0, reverse=shown.descending)
    end = None if shown.limit is None else shown.offset + shown.limit
    return Table(table.rows[shown.offset : end], table.count)


@dataclass(frozen=True, slots=True)
class _Table:
    """One statement that puts all groups in order by one figure, and works out in full only those shown."""

    dimension: Dimension
    plan: QueryPlan
    edges: Sequence[datetime]
    listing: Listing
    percentiles: bool

    def read(self) -> Table:
        """Run it."""
        statement = Statement()
        if self.listing.limit is None:
            source = statement.rows(self.plan, self.edges)
            parts = [f"figures AS ({self._figures(source)})", self._grouped("figures"), *self._ordered(statement)]
        else:
            columns = columns_in(*self._rank(), *self._key())
            source = statement.rows(self.plan, self.edges, columns=columns)
            source_of_few = statement.rows(self.plan, self.edges, by_value=bool(self.dimension.value))
            figures = f"figures AS ({self._figures(source_of_few, self._few())})"
            parts = [self._grouped(source), *self._ordered(statement), figures]
        # One row at least, so that a page past the end knows the count too.
        found = statement.fetch(
            f"SELECT (SELECT count(*) FROM listed), api, value, detail, api_name, figures.name, {metrics.NAMES},"
            " histogram FROM (SELECT) one LEFT JOIN (shown JOIN figures USING (api, value, detail)) ON true"
            " ORDER BY place",
            self._names(statement),
            *parts,
        )
        return Table(self._rows([columns[1:] for columns in found if columns[1] is not None]), found[0][0])

    def _key(self) -> tuple[str, str, str]:
        """What rows are grouped by: API, value and detail, or the empty text."""
        wanted = {
            "api": self.listing.by_api,
            "value": bool(self.dimension.value),
            "detail": bool(self.dimension.detail) and self.listing.by_detail,
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
        histogram = metrics.HISTOGRAM if self.percentiles else "NULL::text AS histogram"
        return self._groups(f"{name} AS name, {metrics.SUMS}, {histogram}", source, condition)

    def _few(self) -> str:
        """The condition of the rows of the groups shown; others of the same value or API may be among them."""
        api, value, _ = self._key()
        columns = [name for name, column in (("api", api), ("value", value)) if name == column]
        return " AND ".join(f"{name} = ANY(ARRAY(SELECT {name} FROM shown))" for name in columns) or "true"

    def _rank(self) -> tuple[str, str]:
        """What groups are put in order by, and the name that they are searched by or put in order by instead."""
        wants_name = self.dimension.name == "alias" and (self.listing.search or self.listing.order == "name")
        return ORDERS.get(self.listing.order, "sum(hits)"), "max(name)" if wants_name else "''::text"

    def _grouped(self, source: str) -> str:
        """Groups with what they are put in order and searched by."""
        figure, name = self._rank()
        return f"grouped AS ({self._groups(f'{figure} AS figure, {name} AS name', source)})"

    def _names(self, statement: Statement) -> str:
        """The newest name of each API."""
        if not self.listing.by_api:
            return "names AS (SELECT NULL::text AS api, ''::text AS api_name)"
        total = QueryPlan(self.plan.scope, dimensions.TOTAL, self.plan.apis)
        return f"""names AS (SELECT DISTINCT ON (api) api, name AS api_name
            FROM {statement.rows(total, self.edges)} rows WHERE name <> '' ORDER BY api, last_hit DESC)"""

    def _ordered(self, statement: Statement) -> Iterator[str]:
        """All groups, and those shown with their places: few are found among many without putting all in order."""
        name = "coalesce(api_name, '')" if self.dimension is dimensions.TOTAL else "name"
        listing = self.listing
        named = f"""SELECT api, value, detail, figure, coalesce(api_name, '') AS api_name, {name} AS name
            FROM grouped LEFT JOIN names USING (api)"""
        texts = "concat_ws(E'\n', api, value, detail, name, api_name)"
        searched = (
            f"WHERE strpos(lower({texts}), lower({statement.bind(listing.search)})) > 0" if listing.search else ""
        )
        yield f"listed AS MATERIALIZED (SELECT * FROM ({named}) named {searched})"
        order = f"{NAMES.get(listing.order, 'figure')} {'DESC' if listing.descending else 'ASC'}, api, value, detail"
        limit = "ALL" if listing.limit is None else statement.bind(listing.limit)
        page = f"SELECT * FROM listed ORDER BY {order} LIMIT {limit} OFFSET {statement.bind(listing.offset)}"
        yield f"""shown AS MATERIALIZED (SELECT api, value, detail, api_name,
            row_number() OVER (ORDER BY {order}) AS place FROM ({page}) page)"""

    def _rows(self, found: Sequence[Sequence[Any]]) -> list[Row]:
        sums = [metrics.totals(columns[5:]) for columns in found]
        if self.percentiles:
            sums = metrics.with_percentiles(sums, [columns[-1] for columns in found])
        is_total = self.dimension is dimensions.TOTAL
        return [
            Row(api, api_name, value, detail, api_name if is_total else name or "", totals)
            for (api, value, detail, api_name, name, *_), totals in zip(found, sums, strict=True)
        ]


def available(scope: Scope, window: Window) -> Choices:
    """What had traffic in a window, for the menus of filters; of tags the :data:`MOST_TAGS` most used."""
    if scope.is_empty or window.start >= window.end:
        return Choices([], [], [])
    statement = Statement()
    kinds = (dimensions.TOTAL, dimensions.VERSION, dimensions.TAG)
    edges = kept().bounds(window)
    sources = (statement.rows(QueryPlan(scope, kind, scope.apis), edges) for kind in kinds)
    api = f"CASE WHEN dimension = {dimensions.TAG.code} THEN '' ELSE api END"
    rows = " UNION ALL ".join(f"SELECT * FROM {source} rows" for source in sources)
    # By name first, which needs no order: sorting all rows took half the time.
    named = (
        f"SELECT dimension, {api} AS api, value, name, max(last_hit) AS last_hit, sum(hits) AS hits"
        f" FROM ({rows}) rows GROUP BY 1, 2, 3, 4"
    )
    found = statement.fetch(
        f"SELECT dimension, api, value, {NEWEST_NAME} FROM ({named}) named"
        " GROUP BY 1, 2, 3 ORDER BY sum(hits) DESC, 2, 3"
    )
    apis, versions, tags = ([columns[1:] for columns in found if columns[0] == kind.code] for kind in kinds)
    return Choices(
        apis=sorted(((api, name or "") for api, _, name in apis), key=lambda api: (api[1].casefold(), api[0])),
        versions=sorted((api, version) for api, version, _ in versions),
        tags=sorted(tag for _, tag, _ in tags[:MOST_TAGS]),
    )
