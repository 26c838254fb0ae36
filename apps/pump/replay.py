"""Rejected records, put through the pump again after a fix. Exactly once, like the first time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from apps.analytics.models import LedgerEntry, RejectedRecord

from . import store, uptime
from .claims import UPTIME_LIST
from .config import pump_config
from .slices import decode_and_classify
from .store import SliceRange

#: Rejected records taken in one transaction.
MAX_AT_ONCE = 1_000


@dataclass(slots=True)
class Replayed:
    """How many records were tried again, and how many are rejected still."""

    tried: int = 0
    still_rejected: int = 0


def replay(rejected: QuerySet[RejectedRecord]) -> Iterator[Replayed]:
    """Try rejected records again, some at a time; what is rejected again has a new row and reason."""
    # What is rejected again gets a larger id, so this ends.
    last = rejected.order_by("-id").values_list("id", flat=True).first() or 0
    waiting = rejected.filter(id__lte=last).order_by("source", "id")
    while batch := _take(waiting):
        yield batch


def _take(waiting: QuerySet[RejectedRecord]) -> Replayed | None:
    with transaction.atomic():
        taken = list(waiting.select_for_update(skip_locked=True)[:MAX_AT_ONCE])
        if not taken:
            return None
        result = Replayed()
        for source, records in groupby(taken, key=lambda record: record.source):
            _replay(source, list(records), result)
        RejectedRecord.objects.filter(id__in=[record.id for record in taken]).delete()
    return result


def _replay(source: str, records: list[RejectedRecord], result: Replayed) -> None:
    payloads = [bytes(record.payload) for record in records]
    number = store.next_slice()
    slice_range = SliceRange(f"replay:{number}", source, 0, len(payloads))
    if source == UPTIME_LIST:
        stored = uptime.commit(payloads, slice_range)
    else:
        stored = store.commit(store.rows_of(decode_and_classify(payloads, source, pump_config()), number), slice_range)
        LedgerEntry.objects.bulk_create(_taken_back(record) for record in records)
    result.tried += len(records)
    result.still_rejected += stored.rejected


def _taken_back(record: RejectedRecord) -> LedgerEntry:
    """The replay counts the record anew, so its first entry is taken back: received stays received once."""
    return LedgerEntry(
        organisation=record.organisation,
        hour=record.rejected_at.replace(minute=0, second=0, microsecond=0),
        received=-1,
        stored=0,
        duplicates=0,
        rejected=-1,
        filtered=0,
        network=0,
    )
