"""Lists recorded from a real gateway give exactly what is known of them, in raw rows and in aggregates."""

from __future__ import annotations

import base64
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from redis import Redis

from apps.analytics import dimensions, rollup
from apps.analytics.models import AnalyticsRecord, LedgerEntry, NetworkStatistic, RejectedRecord, UptimeRecord
from apps.pump.drain import Drain
from tests.analytics import stored_aggregates
from tests.pump.recordings import Recording, recording

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["gateway-main", "gateway-normalised", "gateway-protobuf", "gateway-raw-keys", "gateway-shards", "gateway-tcp"]
FIELDS = {
    "key": "key",
    "alias": "alias",
    "oauth_client": "oauth_client",
    "version": "api_version",
    "country": "country",
}


def push(redis: Redis, prefix: str, recorded: Recording) -> None:
    for one in recorded.lists:
        redis.rpush(one.key(prefix), *one.payloads)


def from_raw() -> dict[str, Any]:
    """What the raw rows say, in the words of the recordings' expected counts."""
    records = list(AnalyticsRecord.objects.all())
    found: dict[str, Any] = {
        name: Counter(getattr(record, field) for record in records) for name, field in FIELDS.items()
    }
    found["records"] = len(records)
    found["api"] = Counter(f"{record.organisation}/{record.api_id}" for record in records)
    found["api_code"] = Counter(f"{record.api_id} {record.status}" for record in records)
    found["tracked"] = Counter(str(record.tracked).lower() for record in records)
    found["tag"] = Counter(tag for record in records for tag in record.tags)
    found["tracked_endpoint"] = Counter(
        f"{record.api_id} {record.method} {record.path}" for record in records if record.tracked
    )
    found["sum"] = {
        "request_time_ms": sum(record.request_time for record in records),
        "upstream_ms": sum(record.upstream_latency for record in records),
    }
    return found


def from_aggregates(level: str) -> dict[str, Any]:
    """What a level of the aggregates says, in the same words."""
    read = {key: counted for key, counted in stored_aggregates.read(level).items() if key.organisation}
    overall = [counted for key, counted in read.items() if key.dimension == dimensions.OVERALL.code]

    def count(dimension: dimensions.Dimension, text: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for key, counted in read.items():
            if key.dimension == dimension.code:
                found[text.format(key=key)] += counted.hits
        return found

    return {
        "records": sum(one.hits for one in overall),
        "api": count(dimensions.TOTAL, "{key.organisation}/{key.api}"),
        "api_code": count(dimensions.STATUS, "{key.api} {key.value}"),
        "key": count(dimensions.KEY, "{key.value}"),
        "oauth_client": count(dimensions.OAUTH_CLIENT, "{key.value}"),
        "version": count(dimensions.VERSION, "{key.value}"),
        "country": count(dimensions.COUNTRY, "{key.value}"),
        "tag": count(dimensions.TAG, "{key.value}"),
        "tracked_endpoint": count(dimensions.ENDPOINT, "{key.api} {key.detail} {key.value}"),
        "sum": {
            "request_time_ms": sum(one.request_time for one in overall),
            "upstream_ms": sum(one.upstream_latency for one in overall),
        },
    }


def countable(expected: dict[str, Any]) -> dict[str, Any]:
    """What of the expected counts aggregates have: no empty values, no tag per key."""
    filled = {name: counts for name, counts in expected.items() if isinstance(counts, dict) and name != "sum"}
    return expected | {
        name: {key: n for key, n in counts.items() if key and not (name == "tag" and key.startswith("key-"))}
        for name, counts in filled.items()
    }


def common(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The counts found that the recording knows of."""
    return {name: counts for name, counts in found.items() if name in expected}


@pytest.mark.parametrize("name", NAMES)
def test_raw_rows_are_exactly_what_was_recorded(redis: Redis, settings: Any, moment: datetime, name: str) -> None:
    recorded = recording(name, moment)
    push(redis, settings.PUMP_KEY_PREFIX, recorded)
    assert Drain().run().records == recorded.expected["records"]
    found = from_raw()
    assert common(found, recorded.expected) == common(recorded.expected, found)
    assert not RejectedRecord.objects.exists()
    assert redis.keys(f"*{settings.PUMP_KEY_PREFIX}*") == []


@pytest.mark.parametrize("name", NAMES[:-1])
def test_aggregates_are_exactly_what_was_recorded(redis: Redis, settings: Any, moment: datetime, name: str) -> None:
    recorded = recording(name, moment)
    push(redis, settings.PUMP_KEY_PREFIX, recorded)
    Drain().run()
    expected = countable(recorded.expected)
    steps = [lambda: None, rollup.fold, rollup.roll_up, lambda: rollup.roll_up(moment + timedelta(days=40))]
    for step in steps:
        step()
        for level in stored_aggregates.LEVELS:
            found = from_aggregates(level)
            assert common(found, expected) == common(expected, found)


def test_network_statistics_are_stored_and_no_hits(redis: Redis, settings: Any, moment: datetime) -> None:
    push(redis, settings.PUMP_KEY_PREFIX, recording("gateway-tcp", moment))
    Drain().run()
    assert stored_aggregates.hits(dimensions.TOTAL) == {("keyless1", "", ""): 1}
    assert stored_aggregates.hits(dimensions.TAG) == {
        ("keyless1", "api-keyless1", ""): 1,
        ("keyless1", "org-org1", ""): 1,
    }
    assert NetworkStatistic.objects.aggregate(n=Sum("records"))["n"] == 8
    assert set(NetworkStatistic.objects.values_list("organisation", "api")) == {("org1", "tcp1")}
    ledger = LedgerEntry.objects.aggregate(stored=Sum("stored"), network=Sum("network"))
    assert ledger == {"stored": 9, "network": 8}


def test_uptime_results_are_stored(redis: Redis, settings: Any, moment: datetime) -> None:
    recorded = recording("gateway-uptime", moment)
    push(redis, settings.PUMP_KEY_PREFIX, recorded)
    push(redis, settings.PUMP_KEY_PREFIX, recorded)
    assert Drain().run().records == 78
    found = Counter(f"{one.url} {one.status}" for one in UptimeRecord.objects.all())
    assert found == recorded.expected["url_code"]
    assert UptimeRecord.objects.filter(status=521, tcp_error=True).count() == 13


def test_strange_requests_are_there(redis: Redis, settings: Any, moment: datetime) -> None:
    push(redis, settings.PUMP_KEY_PREFIX, recording("gateway-main", moment))
    Drain().run()
    paths = list(AnalyticsRecord.objects.values_list("raw_path", flat=True))
    assert max(map(len, paths)) > 7_400
    assert sum("\N{REPLACEMENT CHARACTER}" in path for path in paths) == 2
    assert AnalyticsRecord.objects.filter(content_length=-1).exists()
    assert AnalyticsRecord.objects.filter(details__graphql__IsGraphQL=True).count() == 3
    messages = [base64.b64decode(raw) for raw in AnalyticsRecord.objects.values_list("raw_request", flat=True) if raw]
    assert any(b"Cookie: [redacted]" in raw for raw in messages)
    assert not any(re.search(rb"(?im)^(authorization|cookie): (?!.redacted.)", raw) for raw in messages)


def test_thirty_thousand_records_are_exactly_what_was_recorded(redis: Redis, settings: Any, moment: datetime) -> None:
    settings.PUMP_SLICE_RECORDS = 10_000
    recorded = recording("gateway-volume", moment)
    push(redis, settings.PUMP_KEY_PREFIX, recorded)
    done = Drain().run()
    assert (done.records, done.slices) == (30_000, 3)
    expected = countable(recorded.expected)
    before = from_aggregates("hour")
    rollup.fold()
    assert from_aggregates("hour") == before
    assert common(before, expected) == common(expected, before)
