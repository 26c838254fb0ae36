"""Days and months of a zone, told by those of UTC and the hours between the midnights of both.

What adds up can be taken away again: a day in Berlin is that of UTC without its last hour or two, and
with those of the day before. That is a tenth of the rows that all its hours have. Minima and maxima
cannot be had that way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from . import aggregate_sql
from .aggregate_sql import AddCte
from .granularity import Level
from .metrics import ADDITIVE
from .planner import QueryPlan
from .record_sql import Bind

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shifted:
    """Ranges moved to midnights of UTC: their new ``edges``, and the ``hours`` that changed their range."""

    edges: Sequence[datetime]
    hours: Sequence[datetime]


def shifted(edges: Sequence[datetime]) -> Shifted:
    """Each inner edge at its nearest midnight; one whose midnight is beyond the first or last edge stays."""
    return _shifted(tuple(edges))


@lru_cache(maxsize=16)  # several parts of a statement shift the same
def _shifted(edges: tuple[datetime, ...]) -> Shifted:
    moved, hours = list[datetime](), list[datetime]()
    for edge in edges[1:-1]:
        midnight = Level.DAY.nearest(edge)
        can_move = edges[0] <= midnight <= edges[-1] and Level.HOUR.floor(edge) == edge
        moved.append(midnight if can_move else edge)
        start, end = sorted((edge, moved[-1]))
        hours += (start + number * HOUR for number in range((end - start) // HOUR))
    return Shifted([edges[0], *moved, edges[-1]], hours)


def rows(plan: QueryPlan, edges: Sequence[datetime], bind: Bind, add_cte: AddCte, *, by_value: bool = False) -> str:
    """A parenthesised subquery of what adds up in the ranges between the edges.

    Its columns are the ``number`` of the range, value, detail, :data:`~.metrics.ADDITIVE` and histogram, and
    what is taken away is negative. ``plan`` and ``by_value`` are as for ``aggregate_sql.rows``.
    """
    to = shifted(edges)
    own, other = (aggregate_sql.bucket_number("bucket", some, bind) for some in (edges, to.edges))
    whole = aggregate_sql.rows(plan, to.edges, bind, add_cte, by_value=by_value)
    found = f"SELECT {other} AS number, value, detail, {', '.join(ADDITIVE)}, histogram FROM {whole} rows"
    if not to.hours:
        return f"({found})"
    sums = ", ".join(f"sign * {name}" for name in ADDITIVE)
    return f"""({found} UNION ALL SELECT number, value, detail, {sums},
        CASE WHEN sign < 0 THEN replace(histogram, ':', ':-') ELSE histogram END
        FROM {aggregate_sql.rows_of_hours(plan, to.hours, bind, add_cte)} rows
        CROSS JOIN LATERAL (VALUES ({own}, 1), ({other}, -1)) side (number, sign))"""
