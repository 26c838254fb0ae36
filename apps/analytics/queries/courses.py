"""Courses: how the traffic of several APIs went, hour by hour, in one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apps.analytics.dimensions import TOTAL
from apps.core.tenancy import Scope

from .aggregate_sql import bucket_number
from .granularity import buckets, current_retention
from .planner import QueryPlan, allowed_apis
from .sql import Statement
from .types import TrafficFilters, Window

COLUMNS = "bucket, api, hits, errors, last_hit"


@dataclass(frozen=True, slots=True)
class Course:
    """The traffic of one API: ``points`` are the requests of each hour, ``last_hit`` may be from before these."""

    hits: int = 0
    errors: int = 0
    points: list[int] = field(default_factory=list)
    last_hit: datetime | None = None

    @property
    def error_rate(self) -> float:
        """Share of errors among the requests, 0 to 1."""
        return self.errors / self.hits if self.hits else 0.0


def courses(scope: Scope, window: Window, since: datetime, apis: Collection[str]) -> dict[str, Course]:
    """The course of each of some APIs in a window of some hours; of one without traffic since a moment there is none.

    ``since`` is before the window: what came in between counts for ``last_hit`` alone.
    """
    seen = allowed_apis(scope, TrafficFilters(apis=tuple(apis)))
    if not apis or scope.is_empty or not seen:
        return {}
    statement, edges = Statement(), _edges(window, since)
    columns = f"api, {bucket_number('bucket', edges, statement.bind)} AS number, hits, errors, last_hit"
    source = statement.rows(QueryPlan(scope, TOTAL, seen), edges, columns=COLUMNS)
    found = statement.fetch(
        f"SELECT api, number, sum(hits)::bigint, sum(errors)::bigint, max(last_hit)"
        f" FROM (SELECT {columns} FROM {source} rows) numbered GROUP BY 1, 2"
    )
    by_api: dict[str, list[tuple[int, int, int, datetime]]] = {}
    for api, *figures in found:
        by_api.setdefault(api, []).append((figures[0], figures[1], figures[2], figures[3]))
    return {api: _course(rows, hours=len(edges) - 2) for api, rows in by_api.items()}


def _edges(window: Window, since: datetime) -> list[datetime]:
    """Everything before the window, then its hours."""
    retention = current_retention()
    before = retention.bounds(Window(since, window.start))[0]
    return [before, *buckets(window, "hour", ZoneInfo("UTC"), retention).edges]


def _course(rows: list[tuple[int, int, int, datetime]], hours: int) -> Course:
    points = [0] * hours
    for number, hits, _, _ in rows:
        if number:
            points[number - 1] = hits
    errors = sum(errors for number, _, errors, _ in rows if number)
    return Course(sum(points), errors, points, max(last for *_, last in rows).astimezone(UTC))
