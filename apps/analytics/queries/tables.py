"""Breakdowns: traffic by API, endpoint, key, country and every other dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from apps.analytics import dimensions
from apps.analytics.dimensions import Dimension
from apps.core.tenancy import Scope

from . import measures, selections
from .levels import kept
from .results import Choices, Filters, Row, Table, Window
from .selections import Selection
from .statements import Statement
from .traffic import NO_FILTERS

Order = Literal[
    "hits", "successes", "errors", "error_rate", "request_time", "latency", "upstream_latency", "min_latency",
    "max_latency", "min_upstream_latency", "max_upstream_latency", "last_hit", "api", "api_name", "value", "detail",
    "name", "p50", "p95", "p99",
]  # fmt: skip
#: What a table can be ordered by, in SQL. Percentiles are known to Python only.
ORDERS: Mapping[str, str] = {
    **{name: name for name in ("hits", "successes", "errors", "last_hit", "api", "value", "detail")},
    **{name: name for name in ("min_latency", "max_latency", "min_upstream_latency", "max_upstream_latency")},
    **{name: f"{name}::float / hits" for name in ("request_time", "latency", "upstream_latency")},
    "error_rate": "errors::float / hits",
    "api_name": "lower(api_name)",
    "name": "lower(name)",
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
        TooSlow: the filters ask for single requests, and there are too many.
    """
    selection = selections.table(scope, dimension, filters)
    if selection.is_empty or window.start >= window.end:
        return Table([], 0)
    listing = Listing(by_api, by_detail, order, descending, limit, offset, search.strip())
    reader = _Reader(dimension, selection, kept().bounds(window), listing)
    return reader.by_percentile() if order in PERCENTILES else reader.table(percentiles=percentiles)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one table: its rows, then what only the rows shown need."""

    dimension: Dimension
    selection: Selection
    edges: Sequence[datetime]
    listing: Listing

    def table(self, *, percentiles: bool) -> Table:
        """The table as ordered by SQL."""
        direction = "DESC" if self.listing.descending else "ASC"
        order = f"{ORDERS[self.listing.order]} {direction}, api, value, detail"
        rows, count = self._fetch(order, self.listing.limit, self.listing.offset)
        return Table(self._with_aliases(self._with_percentiles(rows) if percentiles else rows), count)

    def by_percentile(self) -> Table:
        """The table as ordered by a percentile: SQL gives all rows, in the order of equals."""
        rows, count = self._fetch("api, value, detail", None, 0)
        rows = self._with_percentiles(rows)
        rows.sort(
            key=lambda row: getattr(row.totals, self.listing.order) or 0.0,
            reverse=self.listing.descending,
        )
        start, limit = self.listing.offset, self.listing.limit
        return Table(self._with_aliases(rows[start : None if limit is None else start + limit]), count)

    @property
    def _key(self) -> tuple[str, str, str]:
        """What the rows are grouped by: API, value and detail, or the empty text."""
        wanted = {
            "api": self.listing.by_api,
            "value": bool(self.dimension.value),
            "detail": bool(self.dimension.detail) and self.listing.by_detail,
        }
        api, value, detail = (name if is_wanted else "''::text" for name, is_wanted in wanted.items())
        return api, value, detail

    def _fetch(self, order: str, limit: int | None, offset: int) -> tuple[list[Row], int]:
        statement = Statement()
        expressions = [self._names(statement), self._grouped(statement), self._shown(statement)]
        page = f"SELECT * FROM shown ORDER BY {order} LIMIT {statement.bind(limit)} OFFSET {statement.bind(offset)}"
        # One row at least, so that a page past the end knows the count too.
        counted = f"(SELECT count(*) AS count FROM shown) counted LEFT JOIN ({page}) page ON true"
        found = statement.fetch(f"SELECT * FROM {counted} ORDER BY {order}", *expressions)
        return [_row(columns) for _, *columns in found if columns[0] is not None], found[0][0]

    def _names(self, statement: Statement) -> str:
        """The newest name of each API."""
        if not self.listing.by_api:
            return "names AS (SELECT NULL::text AS api, ''::text AS api_name)"
        total = Selection(self.selection.scope, dimensions.TOTAL, self.selection.apis)
        return f"""names AS (SELECT DISTINCT ON (api) api, name AS api_name
            FROM {statement.rows(total, self.edges)} rows WHERE name <> '' ORDER BY api, last_hit DESC)"""

    def _grouped(self, statement: Statement) -> str:
        api, value, detail = self._key
        return f"""grouped AS (
            SELECT {api} AS api, {value} AS value, {detail} AS detail, max(name) AS name, {measures.SUMS}
            FROM {statement.rows(self.selection, self.edges)} rows GROUP BY {", ".join(self._key)})"""

    def _shown(self, statement: Statement) -> str:
        api_name = "coalesce(api_name, '')"
        name = api_name if self.dimension is dimensions.TOTAL else "name"
        shown = f"""SELECT api, value, detail, {name} AS name, {api_name} AS api_name, {measures.NAMES}
            FROM grouped LEFT JOIN names USING (api)"""
        if self.listing.search:
            texts = "concat_ws(E'\\n', api, value, detail, name, api_name)"
            term = statement.bind(self.listing.search)
            shown = f"SELECT * FROM ({shown}) every WHERE strpos(lower({texts}), lower({term})) > 0"
        return f"shown AS MATERIALIZED ({shown})"

    def _with_percentiles(self, rows: list[Row]) -> list[Row]:
        texts = self._of(rows, measures.HISTOGRAM)
        return [replace(row, totals=measures.with_percentiles(row.totals, texts.get(_key(row)))) for row in rows]

    def _with_aliases(self, rows: list[Row]) -> list[Row]:
        """Rows of keys with the newest alias of each."""
        if self.dimension.name != "alias":
            return rows
        names = self._of(rows, NEWEST_NAME)
        return [replace(row, name=names.get(_key(row)) or "") for row in rows]

    def _of(self, rows: Sequence[Row], aggregate: str) -> dict[tuple[str, str, str], str | None]:
        """An aggregate of some rows of the table, by API, value and detail."""
        if not rows:
            return {}
        statement = Statement()
        shown = {
            "api": {row.api for row in rows} if self.listing.by_api else None,
            "value": {row.value for row in rows} if self.dimension.value else None,
        }
        conditions = [f"{name} = ANY({statement.bind(sorted(few))})" for name, few in shown.items() if few is not None]
        source, key = statement.rows(self.selection, self.edges), ", ".join(self._key)
        found = statement.fetch(
            f"SELECT {key}, {aggregate} FROM {source} rows WHERE {' AND '.join(conditions) or 'true'} GROUP BY {key}"
        )
        return {(api, value, detail): text for api, value, detail, text in found}


def _row(columns: Sequence[Any]) -> Row:
    api, value, detail, name, api_name, *sums = columns
    return Row(api, api_name, value, detail, name, measures.totals(sums))


def _key(row: Row) -> tuple[str, str, str]:
    return row.api, row.value, row.detail


def available(scope: Scope, window: Window) -> Choices:
    """What had traffic in a window, for the menus of filters; of tags the :data:`MOST_TAGS` most used."""
    if scope.is_empty or window.start >= window.end:
        return Choices([], [], [])
    statement = Statement()
    kinds = (dimensions.TOTAL, dimensions.VERSION, dimensions.TAG)
    edges = kept().bounds(window)
    sources = (statement.rows(Selection(scope, kind, scope.apis), edges) for kind in kinds)
    api = f"CASE WHEN dimension = {dimensions.TAG.code} THEN '' ELSE api END"
    found = statement.fetch(
        f"SELECT dimension, {api}, value, {NEWEST_NAME}"
        f" FROM ({' UNION ALL '.join(f'SELECT * FROM {source} rows' for source in sources)}) rows"
        " GROUP BY 1, 2, 3 ORDER BY sum(hits) DESC, 2, 3"
    )
    apis, versions, tags = ([columns[1:] for columns in found if columns[0] == kind.code] for kind in kinds)
    return Choices(
        apis=sorted(((api, name or "") for api, _, name in apis), key=lambda api: (api[1].casefold(), api[0])),
        versions=sorted((api, version) for api, version, _ in versions),
        tags=sorted(tag for _, tag, _ in tags[:MOST_TAGS]),
    )
