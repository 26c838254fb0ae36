"""The ledger beside the aggregates: what came in, and what is counted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from apps.core.tenancy import Scope

from . import planner
from .aggregate_sql import organisation_is, range_of
from .granularity import Level, kept
from .sql import Statement
from .steps import Buckets, buckets
from .types import Filters, LedgerHour, Step, Window

COUNTS = ("received", "stored", "duplicates", "rejected", "filtered", "network")


def ledger(scope: Scope, window: Window, step: Step = "hour", zone: ZoneInfo | None = None) -> list[LedgerHour]:
    """What came in by the time of its records, every bucket of a window, and the hits of the aggregates.

    The window is taken in whole hours (UTC), as the ledger is. It tells of whole organisations, so a
    scope of some APIs gets nothing.

    Raises:
        TooManyPoints: the step is too fine for the window.
    """
    if scope.is_empty or scope.apis is not None:
        return []
    whole = Window(Level.HOUR.floor(window.start), Level.HOUR.ceil(window.end))
    step = "hour" if step in {"minute", "quarter"} else step
    return _ledger(scope, buckets(whole, step, zone or ZoneInfo("UTC"), kept()))


def _ledger(scope: Scope, wanted: Buckets) -> list[LedgerHour]:
    if not wanted.starts:
        return []
    statement = Statement()
    hour, bucket = (range_of(column, wanted.edges, statement.bind) for column in ("hour", "bucket"))
    first, last = statement.bind(wanted.edges[0]), statement.bind(wanted.edges[-1])
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in COUNTS)
    hits = statement.rows(planner.for_totals(scope, Filters()), wanted.edges)
    found = statement.fetch(f"""
        SELECT number, {", ".join(f"coalesce({name}, 0)" for name in COUNTS)}, coalesce(hits, 0)
        FROM (SELECT {hour} AS number, {sums} FROM analytics_ledgerentry
            WHERE {organisation_is(scope, statement.bind)} AND hour >= {first} AND hour < {last} GROUP BY 1) entries
        FULL JOIN (SELECT {bucket} AS number, sum(hits)::bigint AS hits
            FROM {hits} rows GROUP BY 1) aggregates USING (number)""")
    entries = {number: LedgerHour(wanted.starts[number], *counts) for number, *counts in found}
    return [entries.get(at, LedgerHour(start)) for at, start in enumerate(wanted.starts)]
