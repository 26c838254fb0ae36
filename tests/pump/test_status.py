"""How the pipeline is, for people, for orchestrators and for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from redis import Redis

from apps.analytics import partitions
from apps.core.health import NotReady
from apps.pump import status
from apps.pump.claims import UPTIME_LIST, Claims, list_names
from apps.pump.metrics import PumpCollector
from apps.pump.status import pump_status
from tests.pump.payloads import message, request, requests, stamp, uptime
from tests.pump.storing import store_slice

pytestmark = pytest.mark.django_db

NOBODY = "redis://127.0.0.1:1/0"


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


def drop(day: datetime) -> str:
    name = partitions.RECORDS.name(day.date())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
    return name


@pytest.mark.usefixtures("redis")
def test_a_pipeline_at_rest_has_nothing_to_tell() -> None:
    pipeline = pump_status()
    assert (pipeline.lists, pipeline.claims, pipeline.waiting) == ({}, [], 0)
    assert (pipeline.lag, pipeline.late, pipeline.redis_error) == (timedelta(0), False, "")
    assert (pipeline.last_commit, pipeline.last_record, pipeline.rejected) == (None, None, 0)
    assert pipeline.missing_partitions == []
    status.check()


def test_it_tells_what_waits_where(redis: Redis, claims: Claims, source: str) -> None:
    payloads = requests(5, ago(seconds=3))
    redis.rpush(source, *payloads)
    claims.claim(source)
    (claim,) = claims.unreleased()
    store_slice(payloads[:2], source, claim=claim.key)
    redis.rpush(list_names()[2], payloads[0])
    redis.rpush(UPTIME_LIST, uptime(ago(days=2)))
    pipeline = pump_status()
    assert pipeline.lists == {list_names()[2]: 1, UPTIME_LIST: 1}
    assert [(one.source, one.length, one.committed) for one in pipeline.claims] == [(source, 5, 2)]
    assert pipeline.waiting == 5


def test_looking_changes_nothing(redis: Redis, claims: Claims, source: str) -> None:
    redis.rpush(source, b"a")
    claims.claim(source)
    redis.rpush(source, b"b")
    before = sorted(redis.keys(f"*{source}*"))
    pump_status()
    assert sorted(redis.keys(f"*{source}*")) == before


def test_the_lag_is_how_long_the_first_record_of_a_list_waits(redis: Redis, source: str, settings: Any) -> None:
    settings.LAG_LIMIT = 60
    redis.rpush(source, request(ago(seconds=90)), request(ago(seconds=1)))
    pipeline = pump_status()
    assert timedelta(seconds=89) < pipeline.lag < timedelta(seconds=150)
    assert pipeline.late
    with pytest.raises(NotReady, match=r"records wait for \d+ s, the limit is 60"):
        status.check()


def test_a_protobuf_list_has_a_lag_too(redis: Redis) -> None:
    seconds, _ = stamp(ago(seconds=90))
    redis.rpush(list_names()[-1], message((20, "raw"), (13, [(1, seconds)])))
    assert pump_status().lag > timedelta(seconds=89)


def test_old_records_have_not_waited_for_their_age(redis: Redis, source: str) -> None:
    store_slice(requests(1, ago(days=1)))
    redis.rpush(source, request(ago(days=5)))
    assert pump_status().lag < timedelta(seconds=60)


def test_a_claim_waits_since_it_was_claimed(redis: Redis, claims: Claims, source: str, time_machine: Any) -> None:
    redis.rpush(source, request(ago(seconds=1)))
    claims.claim(source)
    time_machine.move_to(ago(minutes=-10))
    assert timedelta(minutes=9) < pump_status().lag < timedelta(minutes=15)


@pytest.mark.parametrize("head", [b"\xc1", b"", b"\x0a\xff", b"\xde\x00#", request(ago(days=-2))])
def test_a_head_that_tells_no_time_is_no_lag(redis: Redis, source: str, head: bytes) -> None:
    redis.rpush(source, head)
    assert pump_status().lag == timedelta(0)


def test_it_tells_what_was_stored_and_rejected() -> None:
    newest = ago(seconds=30)
    store_slice([request(ago(hours=3)), request(newest), b"\xc1", b""])
    pipeline = pump_status()
    assert pipeline.last_record == newest
    assert pipeline.last_commit
    assert pipeline.last_commit > ago(minutes=2)
    assert pipeline.rejected == 2


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("ahead", [0, 1])
def test_it_tells_partitions_that_are_missing(ahead: int) -> None:
    name = drop(ago(days=-ahead))
    assert pump_status().missing_partitions == [name]
    with pytest.raises(NotReady, match=f"no partition {name}: run `bin/manage partitions`"):
        status.check()


def test_a_redis_that_is_away_is_told_and_not_raised(settings: Any) -> None:
    store_slice(requests(2, ago(hours=1)))
    settings.GATEWAY_REDIS_URL = NOBODY
    pipeline = pump_status()
    assert "refused" in pipeline.redis_error
    assert pipeline.last_record
    with pytest.raises(NotReady, match="the gateways' Redis does not answer"):
        status.check()


def metrics() -> str:
    return Client().get("/metrics").content.decode()


@pytest.mark.usefixtures("checks_in_this_transaction")
def test_prometheus_is_told_outcomes_and_what_waits(redis: Redis, claims: Claims, source: str) -> None:
    payloads = requests(3, ago(hours=1))
    store_slice([*payloads, payloads[0], b"\xc1"])
    redis.rpush(source, *requests(4, ago(seconds=5)))
    claims.claim(source)
    redis.rpush(source, request(ago(seconds=20)))
    found = metrics()
    assert 'weir_pump_records_total{outcome="stored"} 3.0' in found
    assert 'weir_pump_records_total{outcome="duplicates"} 1.0' in found
    assert f'weir_pump_list_length{{list="{source}"}} 1.0' in found
    assert "weir_pump_claimed_records 4.0" in found
    assert "weir_pump_rejected_records 1.0" in found
    assert "weir_pump_last_commit_timestamp_seconds 1." in found


def test_prometheus_is_told_no_lag_that_nobody_knows(settings: Any) -> None:
    settings.GATEWAY_REDIS_URL = NOBODY
    names = {family.name for family in PumpCollector().collect()}
    assert "weir_pump_records" in names
    assert not names & {"weir_pump_lag_seconds", "weir_pump_claimed_records", "weir_pump_list_length"}
