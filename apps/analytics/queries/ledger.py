"""The ledger beside the aggregates: what came in, and what is counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from apps.analytics.models import LedgerEntry, Slice
from apps.core.tenancy import Scope

from . import planner
from .aggregate_sql import bucket_number, organisation_condition
from .granularity import Buckets, Level, buckets, current_retention
from .sql import Statement
from .timeseries import last_record
from .types import LedgerBucket, Step, TrafficFilters, Window

#: How long ago a clock that was ahead is told of.
CLOCKS_TOLD = timedelta(hours=1)
#: What a clock may be ahead: networks and drains take their time, and clocks are never quite the same.
CLOCK_TOLERANCE = timedelta(minutes=1)
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


def last_arrival(scope: Scope) -> datetime | None:
    """When the newest request of a scope came in, whatever time it says; ``None`` when there was none yet.

    The ledger tells of whole organisations. Of some APIs it is when their newest request was made, as far as that
    is not after anything came.
    """
    if scope.is_empty:
        return None
    if scope.organisation is None:
        arrived = Slice.objects.filter(stored__gt=0).aggregate(last=Max("committed_at"))["last"]
    else:
        entries = LedgerEntry.objects.filter(organisation=scope.organisation)
        arrived = entries.aggregate(last=Max("arrived_at"))["last"]
    if scope.apis is None and arrived:
        return arrived  # type: ignore[no-any-return]
    made = last_record(scope)
    return made and min(made, arrived or timezone.now())


def clocks_ahead(scope: Scope) -> dict[str, timedelta]:
    """By how much the clocks of gateways are ahead, by organisation; those that are so by more than a minute."""
    since = timezone.now() - CLOCKS_TOLD
    entries = LedgerEntry.objects.within(scope).filter(hour__gte=Level.HOUR.floor(since), arrived_at__gte=since)
    ahead = entries.filter(ahead__gt=CLOCK_TOLERANCE.total_seconds()).values_list("organisation").annotate(Max("ahead"))
    return {organisation: timedelta(seconds=seconds) for organisation, seconds in ahead.order_by("organisation")}


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
