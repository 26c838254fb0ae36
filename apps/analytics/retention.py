"""What is kept for how long. Partitions are dropped by ``partitions``; here are the other tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from .models import ClosedHour, LedgerEntry, NetworkStatistic, Slice, UptimeRecord
from .queries.granularity import Level

#: Days that the slices of released claims are kept: a Redis that lost its last second may show a
#: released claim again, and finds that all of it is in.
SLICE_DAYS = 7

_MERGE_LEDGER = """
WITH several AS (
    SELECT organisation, hour FROM analytics_ledgerentry WHERE hour < %s
    GROUP BY organisation, hour HAVING count(*) > 1
), gone AS (
    DELETE FROM analytics_ledgerentry l USING several s
    WHERE l.organisation = s.organisation AND l.hour = s.hour RETURNING l.*
)
INSERT INTO analytics_ledgerentry (
    organisation, hour, received, stored, duplicates, rejected, filtered, network, tags_left_out, texts_cut, other_hits,
    arrived_at, ahead
)
SELECT organisation, hour, sum(received), sum(stored), sum(duplicates), sum(rejected), sum(filtered), sum(network),
       sum(tags_left_out), sum(texts_cut), sum(other_hits), max(arrived_at), max(ahead)
FROM gone GROUP BY organisation, hour
"""


def merge_ledger(before: datetime) -> None:
    """Merge the ledger's entries of closed hours to one per organisation and hour."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGE_LEDGER, [before])


def delete_expired(now: datetime | None = None) -> None:
    """Delete what is past its retention; what is kept for ever stays."""
    now = now or timezone.now()
    Slice.objects.filter(folded=True, committed_at__lt=now - timedelta(days=SLICE_DAYS)).delete()
    if before := _ago(now, settings.ANALYTICS_RAW_DAYS, days=1):
        UptimeRecord.objects.filter(timestamp__lt=before).delete()
    if before := _ago(now, settings.ANALYTICS_HOUR_MONTHS, days=31):
        NetworkStatistic.objects.filter(bucket__lt=before).delete()
    if before := _ago(now, settings.ANALYTICS_DAY_YEARS, days=366):
        _delete_days(before)


def _ago(now: datetime, kept: int | None, *, days: int) -> datetime | None:
    """So many units of some days ago; ``None`` when it is kept for ever."""
    return None if kept is None else now - timedelta(days=kept * days)


def _delete_days(before: datetime) -> None:
    with connection.cursor() as cursor:
        for level in (Level.DAY, Level.MONTH):
            cursor.execute(f"DELETE FROM {level.table} WHERE bucket < %s", [before])
    LedgerEntry.objects.filter(hour__lt=before).delete()
    ClosedHour.objects.filter(hour__lt=before).delete()
