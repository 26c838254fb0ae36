"""Hits as the payloads that a pump stores, so that what is proved went all the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from apps.analytics.models import Slice
from tests.analytics.naive_aggregation import Hit
from tests.pump.payloads import request, stamp
from tests.pump.storing import store_slice

#: Midnight (UTC) of today, and of the oldest day of which single requests are kept; minutes are not.
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
OLDEST_DAY = TODAY - timedelta(days=settings.ANALYTICS_RAW_DAYS)
#: Midnight of the first day of this month. It and the day before have partitions where ``month_border`` is asked for.
MONTH = TODAY.replace(day=1)


def payload(hit: Hit, number: int = 0) -> bytes:
    """The record of a hit; numbers, below 1,000, tell hits apart that are otherwise the same."""
    return request(
        hit.timestamp,
        OrgID=hit.organisation,
        TimeStamp=stamp(hit.timestamp, number),
        APIID=hit.api_id,
        APIName=hit.api_name,
        APIVersion=hit.api_version,
        Method=hit.method,
        Path=hit.path,
        ResponseCode=hit.status,
        APIKey=hit.key,
        Alias=hit.alias,
        OauthID=hit.oauth_client,
        country=hit.country,
        RequestTime=hit.request_time,
        Latency={"Total": hit.latency, "Upstream": hit.upstream_latency, "Gateway": 0},
        TrackPath=hit.tracked,
        Tags=list(hit.tags),
    )


def store_hits(hits: Sequence[Hit], first: int = 0) -> Slice:
    """Store hits as one slice; their numbers begin with ``first``."""
    return store_slice([payload(hit, number) for number, hit in enumerate(hits, first)])
