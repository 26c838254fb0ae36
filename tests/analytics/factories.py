"""Requests stored in the tables as the pump and the roll-up leave them, at any stage of their way.

``store_traffic`` is a shortcut past Redis: it writes raw rows, the aggregates of every level that the stage has
reached, slices and ledger entries. Aggregates are worked out here from what each column means, and not
by the code that is to be tested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import factory
from django.utils import timezone

from apps.analytics import dimensions, histogram, partitions
from apps.analytics.dimensions import Dimension
from apps.analytics.models import (
    AnalyticsRecord,
    DayAggregate,
    HourAggregate,
    LedgerEntry,
    MinuteAggregate,
    MonthAggregate,
    Slice,
)

Level = HourAggregate | DayAggregate | MonthAggregate
#: How far the aggregates of requests have come: their minutes are not folded yet; their hours are
#: pending; the hours are settled and the days pending; everything is settled and in the months.
Stage = Literal["minutes", "hours", "days", "months"]
STAGES: tuple[Stage, ...] = ("minutes", "hours", "days", "months")


@dataclass(frozen=True)
class Request:
    """One request as a gateway recorded it. Times are in milliseconds."""

    organisation: str
    timestamp: datetime
    api_id: str
    api_name: str
    api_version: str
    method: str
    path: str
    status: int
    key: str
    alias: str
    oauth_client: str
    country: str
    request_time: int
    latency: int
    upstream_latency: int
    tags: Sequence[str]
    tracked: bool
    id: UUID = field(default_factory=uuid4)

    @property
    def record_id(self) -> UUID:
        """The id of its raw row: the millisecond, then what tells it from others."""
        millisecond = int(self.timestamp.timestamp() * 1000)
        return UUID(f"{millisecond:012x}{self.id.hex[12:]}")


class RequestFactory(factory.Factory):
    """A GET by one key, answered with 200 just now, of organisation A."""

    class Meta:
        model = Request

    organisation = "a" * 24
    timestamp = factory.LazyFunction(timezone.now)
    api_id = "1" * 32
    api_name = "Payments"
    api_version = "Non Versioned"
    method = "GET"
    path = "/anything"
    status = 200
    key = "00000000"
    alias = ""
    oauth_client = ""
    country = ""
    request_time = 20
    latency = 20
    upstream_latency = 18
    tags = ()
    tracked = True


def store_traffic(requests: Iterable[Request], stage: Stage = "minutes", *, raw: bool = True) -> None:
    """Store requests with aggregates at a stage; levels whose retention is over get nothing."""
    given = list(requests)
    if not given:
        return
    today = timezone.now().date()
    minutes = partitions.oldest(partitions.MINUTES, today)
    young = [one for one in given if one.timestamp.astimezone(UTC).date() >= minutes]
    old = [one for one in given if one.timestamp.astimezone(UTC).date() < minutes]
    _store_minutes(young, folded=stage != "minutes")
    # What is too old for minutes goes to the hours at once.
    _store_coarser([*young, *old] if stage != "minutes" else old, stage)
    _account(given)
    if raw:
        store_raw_records(given)


def store_raw_records(requests: Iterable[Request]) -> None:
    """Store the raw rows of requests whose day has a partition."""
    days = partitions.existing(partitions.RECORDS)
    AnalyticsRecord.objects.bulk_create(
        AnalyticsRecord(**raw_fields(one)) for one in requests if one.timestamp.astimezone(UTC).date() in days
    )


def raw_fields(request: Request) -> dict[str, Any]:
    """The columns of a raw row."""
    same = ("organisation timestamp api_id api_name api_version method path status key alias oauth_client country"
            " request_time latency upstream_latency tracked").split()  # fmt: skip
    return {
        **{name: getattr(request, name) for name in same},
        "id": request.record_id,
        "tags": list(request.tags),
        "host": "gateway.example.com",
        "raw_path": request.path,
        "original_path": request.path,
        "listen_path": "/",
        "content_length": 0,
        "user_agent": "curl/8",
        "ip_address": "192.0.2.1",
        "gateway_latency": request.latency - request.upstream_latency,
        "expire_at": request.timestamp,
        "raw_request": "",
        "raw_response": "",
    }


def aggregates(requests: Iterable[Request], length: str) -> list[dict[str, Any]]:
    """Aggregate rows of requests by their definition: for buckets of a minute, hour, day or month."""
    groups: dict[tuple[Any, ...], list[Request]] = defaultdict(list)
    for one in requests:
        for dimension in dimensions.ALL if one.status != -1 else ():
            for value, detail in _counted(one, dimension):
                api = one.api_id if dimension.per_api else ""
                groups[one.organisation, _floor(one.timestamp, length), dimension, api, value, detail].append(one)
    return [_row(key, group) for key, group in groups.items()]


def _counted(request: Request, dimension: Dimension) -> list[tuple[str, str]]:
    """The values and details under which a request counts in a dimension."""
    if (dimension.tracked and not request.tracked) or (dimension.errors and request.status < 400):
        return []
    return [
        (value, detail) for value in values(request, dimension.value) for detail in values(request, dimension.detail)
    ]


def values(request: Request, name: str) -> list[str]:
    """The values that a request has of a field of ``dimensions``; of tags, those that are counted."""
    if name == "":
        return [""]
    if name == "tag":
        return sorted({tag.strip(" ") for tag in request.tags if not tag.startswith("key-") and tag.strip(" ")})
    return [text for text in [str(getattr(request, name))] if text]


def _floor(moment: datetime, length: str) -> datetime:
    start = moment.astimezone(UTC).replace(second=0, microsecond=0)
    coarser: dict[str, dict[str, Any]] = {
        "minute": {},
        "hour": {"minute": 0},
        "day": {"minute": 0, "hour": 0},
        "month": {"minute": 0, "hour": 0, "day": 1},
    }
    return start.replace(**coarser[length])


def _row(key: tuple[Any, ...], requests: Sequence[Request]) -> dict[str, Any]:
    organisation, bucket, dimension, api, value, detail = key
    fine = [one for one in requests if one.status < 400] or requests
    last = max(requests, key=lambda one: one.timestamp)
    return {
        "organisation": organisation,
        "bucket": bucket,
        "dimension": dimension.code,
        "api": api,
        "value": value,
        "detail": detail,
        "name": getattr(last, dimension.name) if dimension.name else "",
        "hits": len(requests),
        "successes": sum(200 <= one.status <= 299 for one in requests),
        "errors": sum(one.status >= 400 for one in requests),
        **{
            name: sum(getattr(one, name) for one in requests)
            for name in ("request_time", "latency", "upstream_latency")
        },
        **{f"min_{name}": min(getattr(one, name) for one in fine) for name in ("latency", "upstream_latency")},
        **{f"max_{name}": max(getattr(one, name) for one in requests) for name in ("latency", "upstream_latency")},
        "last_hit": last.timestamp,
        "histogram": histogram.from_values(one.latency for one in requests),
    }


def _store_minutes(requests: Sequence[Request], *, folded: bool) -> None:
    if not requests:
        return
    found = aggregates(requests, "minute")
    buckets = [row["bucket"] for row in found]
    size = len(requests)
    part = Slice.objects.create(
        claim=str(uuid4()), start=0, stop=size, source="analytics-tyk-system-analytics", received=size, stored=size,
        duplicates=0, rejected=0, filtered=0, first_bucket=min(buckets, default=None),
        last_bucket=max(buckets, default=None), last_record=max(one.timestamp for one in requests),
        committed_at=timezone.now(), folded=folded,
    )  # fmt: skip
    MinuteAggregate.objects.bulk_create(MinuteAggregate(**row, slice=part.id) for row in found)


def _store_coarser(requests: Sequence[Request], stage: Stage) -> None:
    hours = partitions.existing(partitions.HOURS)
    kept = [one for one in requests if partitions.HOURS.start_of(one.timestamp.astimezone(UTC).date()) in hours]
    reached = max(1, STAGES.index(stage))
    store_level(HourAggregate, kept, pending=reached == 1)
    if reached >= 2:
        store_level(DayAggregate, requests, pending=reached == 2)
    if reached == 3:
        store_level(MonthAggregate, requests, pending=False)


def store_level(level: type[Level], requests: Iterable[Request], *, pending: bool) -> None:
    """Append the aggregates of requests to one level of hours, days or months alone."""
    found = aggregates(requests, level._meta.db_table.removeprefix("analytics_"))
    level.objects.bulk_create(level(**row, pending=pending) for row in found)


def _account(requests: Sequence[Request]) -> None:
    counts: dict[tuple[str, datetime], list[int]] = {}
    for one in requests:
        hour = one.timestamp.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        count = counts.setdefault((one.organisation, hour), [0, 0])
        count[0] += 1
        count[1] += one.status == -1
    LedgerEntry.objects.bulk_create(
        LedgerEntry(organisation=organisation, hour=hour, received=all_, stored=all_, duplicates=0, rejected=0,
                    filtered=0, network=network)
        for (organisation, hour), (all_, network) in counts.items()
    )  # fmt: skip
