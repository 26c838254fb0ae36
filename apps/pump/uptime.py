"""Results of uptime tests: a list of their own, stored as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.analytics.caps import MAX_KEY_BYTES
from apps.analytics.models import RejectedRecord, Slice, UptimeRecord

from . import store, wire
from .bounds import FIELDS
from .enrich import REPLACEMENT
from .records import UndecodableError, Uptime
from .slices import Rejected, record_id
from .store import SliceRange

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOUNDS = [FIELDS[name] for name in ("timestamp_second", "timestamp_nanosecond", "status", "request_time")]


def commit(payloads: Sequence[bytes], slice_range: SliceRange) -> Slice:
    """Store one slice of uptime results, all of it or nothing; a resend is stored once.

    Raises:
        AlreadyStoredError: when another drain was faster.
        django.db.Error: when the database is away; the claim stays where it is.
    """
    found: dict[tuple[str, UUID], UptimeRecord] = {}
    rejected = []
    for payload in payloads:
        try:
            record = _record(payload)
        except UndecodableError as error:
            rejected.append(Rejected(payload, RejectedRecord.Reason.UNDECODABLE, str(error)))
        else:
            found[record.organisation, record.id] = record
    with transaction.atomic():
        return _store(list(found.values()), rejected, slice_range)


def _record(payload: bytes) -> UptimeRecord:
    uptime = wire.decode_uptime(payload)
    seconds, nanoseconds = uptime.TimeStamp
    _check(uptime)
    return UptimeRecord(
        organisation=_storable(uptime.OrgID),
        id=UUID(bytes=record_id(payload, uptime.TimeStamp)),
        timestamp=_EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000),
        api_id=_storable(uptime.APIID),
        url=_storable(uptime.URL),
        request_time=uptime.RequestTime,
        status=uptime.ResponseCode,
        tcp_error=uptime.TCPError,
        server_error=uptime.ServerError,
    )


def _check(uptime: Uptime) -> None:
    """Raise for what nothing measured and no index holds, before it costs the other results of the slice."""
    numbers = (*uptime.TimeStamp, uptime.ResponseCode, uptime.RequestTime)
    for number, (name, bounds) in zip(numbers, _BOUNDS, strict=True):
        if not bounds.holds(number):
            raise UndecodableError(bounds.fault(name, number))
    if (size := len(uptime.OrgID.encode())) > MAX_KEY_BYTES:
        raise UndecodableError(f"OrgID: {size:,} bytes are no id")


def _storable(text: str) -> str:
    return text.replace("\0", REPLACEMENT)


def _store(records: list[UptimeRecord], rejected: list[Rejected], slice_range: SliceRange) -> Slice:
    known = UptimeRecord.objects.filter(id__in=[record.id for record in records]).count()
    received, stored = slice_range.stop - slice_range.start, len(records) - known
    counts = {"stored": stored, "duplicates": received - stored - len(rejected), "rejected": len(rejected)}
    taken = slice_range.slice(**counts, filtered=0, folded=True)
    store.take_slice(taken)
    UptimeRecord.objects.bulk_create(records, ignore_conflicts=True)
    store.reject(rejected, slice_range.source)
    return taken
