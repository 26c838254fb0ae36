"""Single requests in the shape of aggregate rows, for questions that the aggregates do not hold.

They answer combinations of filters that no dimension has a column for, such as two tags at once, as
far back as single requests are kept. Reading them is slow, so the statement that does is given
:data:`RECORDS_TIMEOUT` and no more.
"""

from __future__ import annotations

from typing import Any, Protocol

from django.conf import settings

from apps.analytics import histogram
from apps.analytics.dimensions import Field

from .coverage import Segment
from .planner import QueryPlan
from .types import TrafficFilters

#: Seconds that a statement over single requests may take.
RECORDS_TIMEOUT = 5

_BOUNDS = f"'{{{','.join(map(str, histogram.BOUNDS))}}}'::bigint[]"
_COLUMNS: dict[Field, str] = {"": "''", "status": "r.status::text", "tag": "tag.tag"}


class Bind(Protocol):
    """Takes a value and gives its placeholder."""

    def __call__(self, value: Any) -> str: ...


def rows(plan: QueryPlan, filters: TrafficFilters, span: Segment, bind: Bind) -> str:
    """SQL for one row per request (and tag, where tags are what is counted) of a range."""
    dimension = plan.dimension
    value, detail = (_COLUMNS.get(name, f"r.{name}") for name in (dimension.value, dimension.detail))
    tags = f"CROSS JOIN LATERAL ({_tags(bind)}) tag" if dimension.value == "tag" else ""
    return f"""SELECT r.timestamp AS bucket, {dimension.code} AS dimension, r.api_id AS api, {value} AS value,
        {detail} AS detail, {f"r.{dimension.name}" if dimension.name else "''"} AS name, 1::bigint AS hits,
        (r.status BETWEEN 200 AND 299)::int::bigint AS successes, (r.status >= 400)::int::bigint AS errors,
        r.request_time, r.latency, r.upstream_latency, r.latency AS min_latency, r.latency AS max_latency,
        r.upstream_latency AS min_upstream_latency, r.upstream_latency AS max_upstream_latency,
        r.timestamp AS last_hit, greatest(width_bucket(r.latency, {_BOUNDS}) - 1, 0) || ':1' AS histogram
        FROM analytics_record r {tags} WHERE {" AND ".join(_conditions(plan, filters, span, bind))}"""


def _conditions(plan: QueryPlan, filters: TrafficFilters, span: Segment, bind: Bind) -> list[str]:
    start, end = bind(span.start), bind(span.end)
    conditions = [f"r.timestamp >= {start}", f"r.timestamp < {end}", "r.status <> -1"]
    if plan.scope.organisation is not None:
        conditions.append(f"r.organisation = {bind(plan.scope.organisation)}")
    if plan.apis is not None:
        conditions.append(f"r.api_id = ANY({bind(sorted(plan.apis))})")
    return conditions + _filter_conditions(filters, bind) + _dimension_conditions(plan, filters)


def _filter_conditions(filters: TrafficFilters, bind: Bind) -> list[str]:
    columns = {
        "api_version": filters.version,
        "oauth_client": filters.oauth_client,
        "country": filters.country,
        "path": filters.path,
    }
    same = [f"r.{column} = {bind(value)}" for column, value in columns.items() if value]
    if filters.key:
        same.append(f"r.key = ANY({bind([filters.key, *filters.more_keys])})")
    # Tags are counted without the blanks around them.
    return same + [f"EXISTS (SELECT FROM unnest(r.tags) t WHERE btrim(t, ' ') = {bind(tag)})" for tag in filters.tags]


def _dimension_conditions(plan: QueryPlan, filters: TrafficFilters) -> list[str]:
    """The conditions under which a request counts in a dimension at all."""
    dimension = plan.dimension
    fields = {dimension.value, dimension.detail} - {"", "status", "tag"}
    conditions = [f"r.{field} <> ''" for field in sorted(fields)]
    if dimension.errors:
        conditions.append("r.status >= 400")
    if (dimension.tracked or filters.path) and not settings.PUMP_TRACK_ALL_PATHS:
        conditions.append("r.tracked")
    return conditions


def _tags(bind: Bind) -> str:
    unwanted = bind([f"{prefix}%" for prefix in ("key-", *settings.PUMP_IGNORE_TAG_PREFIX_LIST)])
    return (
        "SELECT DISTINCT btrim(t, ' ') AS tag FROM unnest(r.tags) t"
        f" WHERE btrim(t, ' ') <> '' AND NOT t LIKE ANY({unwanted})"
    )
