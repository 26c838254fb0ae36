"""One odd key in Redis: it is told by its name, and everything else is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from redis import Redis

from apps.analytics.models import RejectedRecord, Slice
from apps.pump import claims as claims_module
from apps.pump import refusals, store, tasks, wire
from apps.pump.claims import UPTIME_LIST, Claims, list_names
from apps.pump.drain import Drain
from apps.pump.metrics import PumpCollector
from apps.pump.status import pump_status
from tests.pump.payloads import requests, uptime
from tests.pump.storing import ledger

pytestmark = pytest.mark.django_db(transaction=True)

ODD: dict[str, Callable[[Redis, str], Any]] = {
    "a string": lambda redis, key: redis.set(key, "x"),
    "a set": lambda redis, key: redis.sadd(key, "x"),
    "a hash": lambda redis, key: redis.hset(key, "x", "y"),
    "a stream": lambda redis, key: redis.xadd(key, {"x": "y"}),
}


@pytest.fixture(autouse=True)
def _nothing_told() -> Iterator[None]:
    cache.delete("pump-refusals")
    yield
    cache.delete("pump-refusals")


@pytest.fixture
def other(redis: Redis, settings: Any, moment: datetime) -> str:
    """Another list than the usual one, with three records."""
    name = list_names()[5]
    redis.rpush(name, *requests(3, moment))
    return name


@pytest.mark.parametrize("kind", ODD)
def test_a_list_that_is_none(redis: Redis, source: str, other: str, kind: str) -> None:
    ODD[kind](redis, source)
    tasks.drain()
    assert ledger()[:2] == (3, 3)
    assert "WRONGTYPE" in pump_status().refused[source]
    assert list(pump_status().refused) == [source]
    assert redis.exists(source)


def test_a_list_of_uptime_results_that_is_none(redis: Redis, other: str) -> None:
    redis.set(UPTIME_LIST, "x")
    tasks.drain()
    assert ledger()[:2] == (3, 3)
    assert "WRONGTYPE" in pump_status().refused[UPTIME_LIST]


def test_claims_that_cannot_be_noted(redis: Redis, source: str, other: str, moment: datetime) -> None:
    redis.rpush(source, *requests(6, moment)[3:])
    redis.set(f"{{{source}}}:claims", "x")
    tasks.drain()
    assert ledger()[:2] == (3, 3)
    assert redis.llen(source) == 3
    assert "WRONGTYPE" in pump_status().refused[f"{{{source}}}:claims"]
    redis.delete(f"{{{source}}}:claims")
    tasks.drain()
    assert ledger()[:2] == (6, 6)


@pytest.mark.parametrize("member", [b"session:1", b"", b"\xff\xfe", b"{SOURCE}:claim:1", b"{SOURCE}:claim:x-y"])
def test_a_claim_that_is_none(redis: Redis, source: str, other: str, member: bytes) -> None:
    named = member.replace(b"SOURCE", source.encode())
    redis.sadd(f"{{{source}}}:claims", named)
    tasks.drain()
    assert ledger()[:2] == (3, 3)
    (refusal,) = pump_status().refused.values()
    assert refusal == "it names no claim"


def test_a_claim_that_is_no_list(redis: Redis, source: str, other: str, moment: datetime) -> None:
    redis.rpush(source, *requests(6, moment)[3:])
    claims = Claims(redis)
    claims.claim(source)
    (claim,) = claims.unreleased()
    redis.delete(claim.key)
    redis.set(claim.key, "x")
    tasks.drain()
    assert ledger()[:2] == (3, 3)
    assert list(pump_status().refused) == [claim.key]


@pytest.fixture
def limited(redis: Redis, source: str, other: str) -> Iterator[Callable[[str], Redis]]:
    """A client of a user of Redis with some rules, who may do everything else."""

    def as_user(rules: str) -> Redis:
        redis.execute_command("ACL", "SETUSER", "pump", "reset", "on", "nopass", "+@all", *rules.split())
        options = dict(redis.connection_pool.connection_kwargs)
        return Redis(
            connection_pool=type(redis.connection_pool)(
                connection_class=redis.connection_pool.connection_class,
                **options | {"username": "pump", "password": ""},
            )
        )

    yield as_user
    redis.execute_command("ACL", "DELUSER", "pump")


@pytest.mark.parametrize("rules", ["~*_4* ~*:claims", "%R~* ~*_4*"], ids=["no access", "may only read"])
def test_a_list_that_may_not_be_taken(
    redis: Redis, source: str, other: str, moment: datetime, limited: Callable[[str], Redis], rules: str
) -> None:
    redis.rpush(source, *requests(6, moment)[3:])
    assert "_4" in other
    drain = Drain(Claims(limited(rules)))
    drain.run()
    assert ledger()[:2] == (3, 3)
    assert redis.llen(source) == 3
    assert "permission" in pump_status().refused[source].lower()


def test_a_claim_that_cannot_be_read_or_deleted(
    redis: Redis, source: str, other: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.rpush(source, *requests(6, moment)[3:])
    claims = Claims(redis)
    claims.claim_all()
    (odd,) = (claim for claim in claims.unreleased() if claim.source == source)
    read = claims._read

    def refuse(keys: list[str], args: list[Any]) -> Any:
        if keys == [odd.key]:
            redis.incr(odd.key)
        return read(keys=keys, args=args)

    monkeypatch.setattr(claims, "_read", refuse)
    Drain(claims).run()
    assert ledger()[:2] == (3, 3)
    assert "WRONGTYPE" in pump_status().refused[odd.key]


def test_a_claim_that_breaks_the_drain_costs_no_other(
    redis: Redis, source: str, other: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.rpush(source, *requests(6, moment)[3:])
    claims = Claims(redis)
    claims.claim(source)
    commit = store.commit

    def commit_or_not(rows: store.Rows, slice_range: store.SliceRange) -> Slice:
        if slice_range.source == source:
            raise ZeroDivisionError("by nothing")
        return commit(rows, slice_range)

    with monkeypatch.context() as broken:
        broken.setattr(store, "commit", commit_or_not)
        with pytest.raises(ZeroDivisionError):
            Drain().run()
    assert ledger()[:2] == (3, 3)
    (said,) = (text for name, text in pump_status().refused.items() if source in name)
    assert said == "ZeroDivisionError, as the worker’s log tells"
    tasks.drain()
    assert ledger()[:2] == (6, 6)


@pytest.mark.parametrize("suffix", ["", "_protobuf"])
def test_a_record_that_is_too_large(
    redis: Redis, source: str, moment: datetime, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for module in (claims_module, wire):
        monkeypatch.setattr(module, "MAX_RECORD_BYTES", 100_000)
    redis.rpush(source + suffix, b"x" * 100_001)
    redis.rpush(source, *requests(3, moment))
    tasks.drain()
    assert ledger() == (4, 3, 0, 1, 0)
    one = RejectedRecord.objects.get()
    assert one.detail.startswith("100,001 bytes are more than the 100,000 of the largest record")
    assert bytes(one.payload) == b"x" * 1000


def test_an_uptime_result_that_is_too_large(redis: Redis, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (claims_module, wire):
        monkeypatch.setattr(module, "MAX_RECORD_BYTES", 100_000)
    redis.rpush(UPTIME_LIST, uptime(moment), b"x" * 100_001)
    tasks.drain()
    assert [one.detail[:13] for one in RejectedRecord.objects.all()] == ["100,001 bytes"]


def test_what_was_passed_over_is_forgotten_after_some_drains(settings: Any, time_machine: Any) -> None:
    time_machine.move_to(datetime.now(UTC), tick=False)
    refusals.report({"key": "why"})
    assert refusals.reported() == {"key": "why"}
    refusals.report({"another": "why not"})
    assert refusals.reported() == {"key": "why", "another": "why not"}
    time_machine.shift(3 * settings.PUMP_PURGE_DELAY + 31)
    assert refusals.reported() == {}


def test_prometheus_is_told_how_many(redis: Redis, source: str, other: str) -> None:
    redis.set(source, "x")
    (metric,) = (one for one in PumpCollector().collect() if one.name == "weir_pump_refused_keys")
    assert metric.samples[0].value == 1
