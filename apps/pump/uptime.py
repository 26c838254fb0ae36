"""Results of uptime tests: a list of their own, stored as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.analytics.aggregation import MAX_VALUE_BYTES
from apps.analytics.models import RejectedRecord, Slice, UptimeRecord

from . import wire
from .columns import FIRST_SECOND, LAST_SECOND, record_id
from .parts import REPLACEMENT
from .records import UndecodableError, Uptime
from .store import AlreadyStoredError, SliceRange

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The largest status that the column holds.
_LARGEST_STATUS = 2**31 - 1


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
            rejected.append((payload, str(error)))
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
    """Raise for what no column or index holds, before it costs the other results of the slice."""
    seconds, nanoseconds = uptime.TimeStamp
    if not (FIRST_SECOND <= seconds <= LAST_SECOND and 0 <= nanoseconds < 1_000_000_000):
        raise UndecodableError(f"TimeStamp: {seconds} s {nanoseconds} ns is outside the years 1 to 9999")
    if abs(uptime.ResponseCode) > _LARGEST_STATUS:
        raise UndecodableError(f"ResponseCode: {uptime.ResponseCode} is no status")
    if (size := len(uptime.OrgID.encode())) > MAX_VALUE_BYTES:
        raise UndecodableError(f"OrgID: {size:,} bytes are no id")


def _storable(text: str) -> str:
    return text.replace("\0", REPLACEMENT)


def _store(records: list[UptimeRecord], rejected: list[tuple[bytes, str]], slice_range: SliceRange) -> Slice:
    known = UptimeRecord.objects.filter(id__in=[record.id for record in records]).count()
    taken = _take(slice_range, stored=len(records) - known, rejected=len(rejected))
    UptimeRecord.objects.bulk_create(records, ignore_conflicts=True)
    RejectedRecord.objects.bulk_create(
        RejectedRecord(
            source=slice_range.source, reason=RejectedRecord.Reason.UNDECODABLE, detail=detail, payload=payload
        )
        for payload, detail in rejected
    )
    return taken


def _take(slice_range: SliceRange, *, stored: int, rejected: int) -> Slice:
    received = slice_range.stop - slice_range.start
    try:
        with transaction.atomic():
            return Slice.objects.create(
                claim=slice_range.claim,
                source=slice_range.source,
                start=slice_range.start,
                stop=slice_range.stop,
                received=received,
                stored=stored,
                duplicates=received - stored - rejected,
                rejected=rejected,
                filtered=0,
                committed_at=timezone.now(),
                folded=True,
            )
    except IntegrityError as error:
        raise AlreadyStoredError(f"{slice_range.claim} from {slice_range.start} on") from error
