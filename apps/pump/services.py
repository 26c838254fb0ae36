"""What staff do about rejected records: put them through the pump again, or delete them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from apps.analytics.models import RejectedRecord
from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.pump.replay import MAX_AT_ONCE, Replayed, replay


class TooManyRecords(ApplicationError):
    """More records than one request takes."""

    message = f"At most {MAX_AT_ONCE:,} records at once; “bin/manage replay_rejected” replays any number"


@transaction.atomic
def replay_rejected(*, chosen: QuerySet[RejectedRecord]) -> Replayed:
    """Put rejected records through the pump again. Raises ``TooManyRecords``."""
    ids = _recorded("Replay Rejected Records", chosen)
    batches = list(replay(RejectedRecord.objects.filter(pk__in=ids)))
    return Replayed(sum(batch.tried for batch in batches), sum(batch.still_rejected for batch in batches))


@transaction.atomic
def delete_rejected(*, chosen: QuerySet[RejectedRecord]) -> None:
    """Delete rejected records for good; that they were received and rejected stays in the ledger.

    Raises ``TooManyRecords``.
    """
    RejectedRecord.objects.filter(pk__in=_recorded("Delete Rejected Records", chosen)).delete()


def _recorded(action: str, chosen: QuerySet[RejectedRecord]) -> list[int]:
    """Tell the audit log what each record was, but for its payload; gives their ids.

    Under no organisation, for super users see such records and nobody else.
    """
    records = list(chosen.defer("payload")[: MAX_AT_ONCE + 1])
    if len(records) > MAX_AT_ONCE:
        raise TooManyRecords
    for record in records:
        shown = {name: getattr(record, name) for name in ("organisation", "source", "reason", "detail")}
        record_event(action=action, kind="rejected_record", id=str(record.pk), before=shown)
    return [record.pk for record in records]
