"""One SQL statement of the analytics: its placeholders, what it stands on, how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.timeouts import statement_timeout

from . import aggregate_sql, record_sql, timezone_days
from .planner import QueryPlan

#: Types that PostgreSQL does not guess from a literal.
CASTS: Mapping[type, str] = {datetime: "::timestamptz", UUID: "::uuid"}
#: Seconds a statement may take: nobody waits longer.
STATEMENT_TIMEOUT = 30
#: How statements are planned. All rows are found by indexes made for that: whatever the planner believes of
#: dimensions and times, which depend on each other, no table is read whole. Short statements gain nothing from
#: compilation and from a second process.
PLANNER_SETTINGS = {
    "enable_seqscan": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "64MB",
}


class Statement:
    """A statement while it is written: ``bind`` values and ``rows`` of plans, then ``fetch``.

    A ``slow`` one reads single requests.
    """

    def __init__(self, *, slow: bool = False) -> None:
        self._params: dict[str, Any] = {}
        self._slow = slow
        self._ctes: dict[str, tuple[str, str]] = {}

    def bind(self, value: Any) -> str:
        """The placeholder of a value."""
        name = f"p{len(self._params)}"
        self._params[name] = value
        return f"%({name})s{CASTS.get(type(value), '')}"

    def rows(
        self,
        plan: QueryPlan,
        edges: Sequence[datetime],
        *,
        by_value: bool = False,
        columns: str = aggregate_sql.ROW_COLUMNS,
    ) -> str:
        """A subquery of the rows that answer a plan, between the first edge and the last."""
        self._slow |= plan.filters is not None
        return aggregate_sql.rows(plan, edges, self.bind, self._add_cte, by_value=by_value, columns=columns)

    def timezone_day_rows(self, plan: QueryPlan, edges: Sequence[datetime], *, by_value: bool = False) -> str:
        """A subquery of what adds up in the ranges between the edges, which are days or months of a zone."""
        return timezone_days.rows(plan, edges, self.bind, self._add_cte, by_value=by_value)

    def _add_cte(self, what: str, write: Callable[[], str]) -> str:
        if what not in self._ctes:
            self._ctes[what] = (f"cte_{len(self._ctes)}", write())
        return self._ctes[what][0]

    def fetch(self, sql: str, *expressions: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, which may use the named table expressions.

        Raises:
            QueryTimeout: it took longer than anybody waits, or single requests had to be read and were too many.
        """
        expressions = (*(f"{name} AS MATERIALIZED ({text})" for name, text in self._ctes.values()), *expressions)
        if "FROM organisations" in sql or any("FROM organisations" in text for text in expressions):
            expressions = (aggregate_sql.ORGANISATIONS_CTE, *expressions)
        with_ = f"WITH {', '.join(expressions)} " if expressions else ""
        with (
            statement_timeout(record_sql.RECORDS_TIMEOUT if self._slow else STATEMENT_TIMEOUT, PLANNER_SETTINGS),
            connection.cursor() as cursor,
        ):
            cursor.execute(with_ + sql, self._params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
