"""What the aggregates say, read at any level as exact readers do: a level and all that is pending below it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from apps.analytics import histogram
from apps.analytics.dimensions import Dimension

_UNFOLDED = "analytics_minute WHERE slice IN (SELECT id FROM analytics_slice WHERE NOT folded)"
#: Level → what is added up to read it.
LEVELS = {
    "hour": ("analytics_hour", _UNFOLDED),
    "day": ("analytics_day", "analytics_hour WHERE pending", _UNFOLDED),
    "month": ("analytics_month", "analytics_day WHERE pending", "analytics_hour WHERE pending", _UNFOLDED),
}
_ALL = (
    "organisation, dimension, api, value, detail, hits, successes, errors, request_time, latency, upstream_latency,"
    " min_latency, max_latency, min_upstream_latency, max_upstream_latency, last_hit, histogram"
)
_READ = """
SELECT organisation, dimension, api, value, detail,
       sum(hits)::bigint, sum(successes)::bigint, sum(errors)::bigint,
       sum(request_time)::bigint, sum(latency)::bigint, sum(upstream_latency)::bigint,
       coalesce(min(min_latency) FILTER (WHERE errors < hits), min(min_latency)), max(max_latency),
       coalesce(min(min_upstream_latency) FILTER (WHERE errors < hits), min(min_upstream_latency)),
       max(max_upstream_latency), max(last_hit), string_agg(histogram, ' ')
FROM ({parts}) AS parts GROUP BY 1, 2, 3, 4, 5
"""


class Key(NamedTuple):
    """What is counted."""

    organisation: str
    dimension: int
    api: str = ""
    value: str = ""
    detail: str = ""


class Sums(NamedTuple):
    """What was counted; times in milliseconds."""

    hits: int
    successes: int
    errors: int
    request_time: int
    latency: int
    upstream_latency: int
    min_latency: int
    max_latency: int
    min_upstream_latency: int
    max_upstream_latency: int
    last_hit: datetime
    histogram: str


def read(level: str) -> dict[Key, Sums]:
    """Everything that was ever counted, by key, as a reader of that level sees it."""
    parts = " UNION ALL ".join(f"SELECT {_ALL} FROM {part}" for part in LEVELS[level])
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(parts=parts))
        return {Key(*row[:5]): Sums(*row[5:-1], histogram.merge([row[-1]])) for row in cursor.fetchall()}


def hits(dimension: Dimension, level: str = "hour") -> dict[Any, int]:
    """Hits of one dimension by (api, value, detail)."""
    found: dict[Any, int] = {}
    for key, counted in read(level).items():
        if key.dimension == dimension.code:
            short = (key.api, key.value, key.detail)
            found[short] = found.get(short, 0) + counted.hits
    return found


def buckets(table: str, dimension: Dimension) -> dict[datetime, int]:
    """Hits of one dimension in one table by bucket, pending or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bucket, sum(hits)::bigint FROM {table} WHERE dimension = %s GROUP BY 1", [dimension.code]
        )
        return dict(cursor.fetchall())
