"""The ledger beside the aggregates: what came in, and what is counted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from apps.core.tenancy import Scope

from . import planner
from .aggregate_sql import bucket_number, organisation_condition
from .granularity import Buckets, Level, buckets, current_retention
from .sql import Statement
from .types import LedgerBucket, Step, TrafficFilters, Window

COUNTS = (
    *("received", "stored", "duplicates", "rejected", "filtered", "network"),
    *("tags_left_out", "texts_cut", "other_hits"),
)


def ledger(scope: Scope, window: Window, step: Step = "hour", zone: ZoneInfo | None = None) -> list[LedgerBucket]:
    """What came in by the time of its records, every bucket of a window, and the hits of the aggregates.

    The window is taken in whole hours (UTC), as the ledger is. It tells of whole organisations, so a
    scope of some APIs gets nothing.

    Raises:
        TooManyPoints: the step is too fine for the window.
    """
    if scope.is_empty or scope.apis is not None:
        return []
    whole = Window(Level.HOUR.floor(window.start), Level.HOUR.ceil(window.end))
    step = "hour" if step in {"minute", "quarter_hour"} else step
    return _ledger(scope, buckets(whole, step, zone or ZoneInfo("UTC"), current_retention()))


def _ledger(scope: Scope, wanted: Buckets) -> list[LedgerBucket]:
    if not wanted.starts:
        return []
    statement = Statement()
    hour, bucket = (bucket_number(column, wanted.edges, statement.bind) for column in ("hour", "bucket"))
    organisation = organisation_condition(scope, statement.bind)
    first, last = statement.bind(wanted.edges[0]), statement.bind(wanted.edges[-1])
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in COUNTS)
    hits = statement.rows(planner.for_totals(scope, TrafficFilters()), wanted.edges)
    found = statement.fetch(f"""
        SELECT number, {", ".join(f"coalesce({name}, 0)" for name in COUNTS)}, coalesce(hits, 0)
        FROM (SELECT {hour} AS number, {sums} FROM analytics_ledgerentry
            WHERE {organisation} AND hour >= {first} AND hour < {last} GROUP BY 1) entries
        FULL JOIN (SELECT {bucket} AS number, sum(hits)::bigint AS hits
            FROM {hits} rows GROUP BY 1) aggregates USING (number)""")
    entries = {number: LedgerBucket(wanted.starts[number], *counts) for number, *counts in found}
    return [entries.get(at, LedgerBucket(start)) for at, start in enumerate(wanted.starts)]
