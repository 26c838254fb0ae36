"""Slices stored as a drain stores them, without Redis and in one thread."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from django.db.models import Sum

from apps.analytics.models import LedgerEntry, RejectedRecord, Slice
from apps.pump import store
from apps.pump.config import PumpConfig, pump_config
from apps.pump.slices import decode_and_classify
from apps.pump.store import SliceRange

SOURCE = "analytics-tyk-system-analytics"
OUTCOMES = ("received", "stored", "duplicates", "rejected", "filtered")
_claims = count()


def store_slice(
    payloads: Sequence[bytes], source: str = SOURCE, *, config: PumpConfig | None = None, claim: str = ""
) -> Slice:
    """Store payloads as one slice, of a claim of its own if none is named."""
    classified = decode_and_classify(payloads, source, config or pump_config())
    slice_range = SliceRange(claim or f"claim-{next(_claims)}", source, 0, len(payloads))
    return store.commit(store.rows_of(classified, store.next_slice()), slice_range)


def counts(one: Slice) -> tuple[int, ...]:
    """Received, stored, duplicates, rejected and filtered of a slice."""
    return tuple(getattr(one, outcome) for outcome in OUTCOMES)


def ledger() -> tuple[int, ...]:
    """The same of the whole ledger."""
    totals = LedgerEntry.objects.aggregate(**{outcome: Sum(outcome, default=0) for outcome in OUTCOMES})
    return tuple(totals[outcome] for outcome in OUTCOMES)


def reasons() -> list[tuple[str, str]]:
    """Reason and organisation of the rejected records, in the order in which they came."""
    return list(RejectedRecord.objects.order_by("id").values_list("reason", "organisation"))
