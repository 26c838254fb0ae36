"""What the pump is like: what waits where, how old it is, and whether that is too old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from redis.exceptions import RedisError

from apps.analytics import partitions
from apps.analytics.models import RejectedRecord, Slice
from apps.analytics.pump_status import ClaimStatus, PumpStatus
from apps.core.health import NotReady

from . import enrichment_faults, refusals, wire
from .claims import UPTIME_LIST, Claim, Claims
from .records import Record


def pump_status(claims: Claims | None = None) -> PumpStatus:
    """Look at Redis and PostgreSQL. A Redis that is away is told, not raised.

    Raises:
        django.db.Error: when PostgreSQL is away, without which there is nothing to tell.
    """
    now = timezone.now()
    newest = Slice.objects.aggregate(record=Max("last_record"), commit=Max("committed_at"))
    stored = PumpStatus(
        at=now,
        last_record=newest["record"],
        last_commit=newest["commit"],
        rejected=RejectedRecord.objects.count(),
        missing_partitions=list(_missing_partitions(now)),
        enrichment_fault=enrichment_faults.reported(),
    )
    try:
        return _with_waiting(stored, claims or Claims())
    except RedisError as error:
        return replace(stored, redis_error=str(error) or type(error).__name__)


def _with_waiting(stored: PumpStatus, claims: Claims) -> PumpStatus:
    found = claims.backlog()
    states = [_state(claim) for claim in found.claims]
    waits = [stored.at - claim.claimed_at for claim in found.claims]
    waits += [_wait(name, claims.peek(name), stored) for name in found.lists if name != UPTIME_LIST]
    refused = refusals.reported() | found.refused
    return replace(stored, lists=found.lists, claims=states, refused=refused, lag=max([*waits, timedelta(0)]))


def _wait(name: str, head: bytes | None, stored: PumpStatus) -> timedelta:
    """How long the first record of a list waits: since its own time, but not since before the last commit.

    Every run claims all lists, so whoever writes old records has not kept them waiting for their age.
    """
    since = head and _time_of(name, head)
    return stored.at - max(since, stored.last_commit or since) if since else timedelta(0)


def _state(claim: Claim) -> ClaimStatus:
    parts = Slice.objects.filter(claim=claim.key).values_list("start", "stop")
    return ClaimStatus(claim.key, claim.source, claim.length, sum(stop - start for start, stop in parts))


def _time_of(name: str, payload: bytes) -> datetime | None:
    (record,) = wire.decode_all([payload], name)
    try:
        return datetime.fromtimestamp(record.TimeStamp[0], UTC) if isinstance(record, Record) else None
    except (ValueError, OverflowError, OSError):
        return None


def _missing_partitions(now: datetime) -> Iterator[str]:
    """Partitions of raw records that today and tomorrow need and that are not there."""
    there = partitions.existing(partitions.RECORDS)
    for day in (now.astimezone(UTC).date() + timedelta(days=ahead) for ahead in (0, 1)):
        if day not in there:
            yield partitions.RECORDS.name(day)


def check() -> None:
    """Readiness: are records stored in time?

    Raises:
        NotReady: when they are not, saying why.
    """
    found = pump_status()
    if found.redis_error:
        raise NotReady(f"the gateways' Redis does not answer: {found.redis_error}")
    if found.missing_partitions:
        raise NotReady(f"no partition {found.missing_partitions[0]}: run `bin/manage partitions`")
    if found.late:
        raise NotReady(f"records wait for {found.lag.total_seconds():.0f} s, the limit is {settings.LAG_LIMIT} s")
