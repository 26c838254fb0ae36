"""Which rows of the aggregates answer a question, and whether any do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.analytics import dimensions
from apps.analytics.caps import OTHER
from apps.analytics.dimensions import Dimension
from apps.core.tenancy import Scope

from .types import TrafficFilters

#: Fields of a record that a filter can name, by the filter's own name. APIs are in every dimension.
FILTER_FIELDS = {
    "version": "api_version",
    "tags": "tag",
    "key": "key",
    "oauth_client": "oauth_client",
    "country": "country",
    "path": "path",
}


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """Rows of one dimension in one scope.

    ``apis`` of ``None`` are all; ``value`` and ``detail`` of "" are any, and ``more_values`` are others than
    ``value`` that will do. ``with_other`` adds the rows of
    values too rare to be counted apart: the one asked for may be among them. ``filters`` are those that the
    aggregates of the dimension do not hold, so that raw records must answer; ``None`` when they do.
    """

    scope: Scope
    dimension: Dimension
    apis: frozenset[str] | None = None
    value: str = ""
    detail: str = ""
    filters: TrafficFilters | None = None
    with_other: bool = False
    more_values: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no row can match; what stands for rare values is no value to ask for."""
        return self.scope.is_empty or self.apis == frozenset() or OTHER in (self.value, self.detail)


def required_fields(filters: TrafficFilters) -> dict[str, str]:
    """The fields that filters name, but for APIs, and the value each must have; of several tags, one."""
    values = {field: getattr(filters, name) for name, field in FILTER_FIELDS.items()}
    return {field: value if isinstance(value, str) else value[0] for field, value in values.items() if value}


def allowed_apis(scope: Scope, filters: TrafficFilters) -> frozenset[str] | None:
    """The APIs that both the scope and the filters allow."""
    if not filters.apis:
        return scope.apis
    return frozenset(filters.apis) if scope.apis is None else scope.apis & frozenset(filters.apis)


def for_totals(scope: Scope, filters: TrafficFilters) -> QueryPlan:
    """Rows of which each counts a request once: for totals and series."""
    fields, apis = required_fields(filters), allowed_apis(scope, filters)
    if not fields and apis is None:
        return QueryPlan(scope, dimensions.OVERALL)
    if not fields:
        return QueryPlan(scope, dimensions.TOTAL, apis)
    holding = (d for d in dimensions.ALL if not d.errors and d.value in fields and fields.keys() <= {d.value, d.detail})
    # Rows by tag count a request once for each of its tags, so they cannot answer for several at once.
    dimension = dimensions.TOTAL if len(filters.tags) > 1 else next(holding, dimensions.TOTAL)
    return for_dimension(scope, dimension, filters)


def for_dimension(scope: Scope, dimension: Dimension, filters: TrafficFilters) -> QueryPlan:
    """Rows of a dimension under filters; by raw records when the dimension has no column for one of them."""
    fields, apis = required_fields(filters), allowed_apis(scope, filters)
    if len(filters.tags) > 1 or not fields.keys() <= {dimension.value, dimension.detail}:
        return QueryPlan(scope, dimension, apis, filters=filters)
    value, detail = fields.get(dimension.value, ""), fields.get(dimension.detail, "")
    if not dimension.per_api and apis is not None:
        raise ValueError(f"{dimension.slug} is not kept by API")
    more_values = filters.more_keys if dimension.value == "key" else ()
    return QueryPlan(scope, dimension, apis, value, detail, more_values=more_values)


def for_breakdown(scope: Scope, dimension: Dimension, filters: TrafficFilters) -> QueryPlan:
    """Rows for a table by a dimension; one by API is the totals' rows, apart by API.

    Requests with a tag have others, too, and only the requests themselves know which.
    """
    if dimension is dimensions.TAG and filters.tags:
        return QueryPlan(scope, dimension, allowed_apis(scope, filters), filters=filters)
    if dimension is not dimensions.TOTAL:
        return for_dimension(scope, dimension, filters)
    chosen = for_totals(scope, filters)
    return replace(chosen, dimension=dimension) if chosen.dimension is dimensions.OVERALL else chosen


def for_status_codes(main: QueryPlan) -> QueryPlan | None:
    """Rows that tell the status codes of what another plan counts; ``None`` when none are kept."""
    by_value = {
        dimensions.OVERALL: dimensions.OVERALL_ERROR,
        dimensions.TOTAL: dimensions.STATUS,
        dimensions.KEY: dimensions.KEY_STATUS,
        dimensions.OAUTH_CLIENT: dimensions.CLIENT_STATUS,
    }
    dimension = by_value.get(main.dimension)
    if dimension is None or main.filters is not None:
        return None
    return QueryPlan(main.scope, dimension, main.apis, main.value, more_values=main.more_values)


def needs_raw_records(filters: TrafficFilters, dimension: Dimension | None = None) -> bool:
    """Whether only single requests can answer: then as far back as they are kept, and not at any length.

    Without a dimension the question is that of totals and series.
    """
    scope = Scope(organisation=None)
    chosen = for_totals(scope, filters) if dimension is None else for_breakdown(scope, dimension, filters)
    return chosen.filters is not None
