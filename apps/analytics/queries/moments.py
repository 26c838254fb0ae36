"""When traffic began and when it last came."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.core.tenancy import Scope

from . import aggregate_sql, planner
from .granularity import Level
from .sql import Statement
from .types import Filters, Window

EVER = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC))


def last_record(scope: Scope) -> datetime | None:
    """When the newest request of a scope was made; ``None`` when there was none yet."""
    plan = planner.for_totals(scope, Filters())
    if plan.is_empty:
        return None
    statement = Statement()
    [(moment,)] = statement.fetch(f"SELECT max(last_hit) FROM {statement.rows(plan, (EVER.start, EVER.end))} rows")
    return moment  # type: ignore[no-any-return]


def first_record(scope: Scope) -> datetime | None:
    """The start of the first bucket with a request: of an hour, or of a day or month where no hours are kept."""
    plan = planner.for_totals(scope, Filters())
    if plan.is_empty:
        return None
    statement = Statement()
    levels = [aggregate_sql.at_level(plan, level, EVER, statement.bind) for level in sorted(Level, reverse=True)]
    [firsts] = statement.fetch("SELECT " + ", ".join(f"(SELECT min(bucket) FROM {level} rows)" for level in levels))
    return _finest(*firsts)


def _finest(
    months: datetime | None, days: datetime | None, hours: datetime | None, minutes: datetime | None
) -> datetime | None:
    """The first bucket of the coarsest level, made finer by each level that still has rows of it.

    Minutes that are not folded yet are no part of a coarser bucket: they count if they are before it.
    """
    found, coarser = months, Level.MONTH
    for level, first in ((Level.DAY, days), (Level.HOUR, hours)):
        if first and (found is None or coarser.floor(first) <= found):
            found, coarser = first, level
    return min((first for first in (found, minutes) if first), default=None)
