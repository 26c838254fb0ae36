"""The gateway's lists under real Redis: nothing is read before it is safe, nothing vanishes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from redis.exceptions import OutOfMemoryError

from apps.pump.claims import UPTIME_LIST, Claim, Claims, list_names
from tests.examples import examples

WHOLE = 10**9


@pytest.fixture
def claim(redis: Redis, claims: Claims, source: str) -> Claim:
    """A claim of five records."""
    redis.rpush(source, *(b"%d" % number for number in range(5)))
    claims.claim(source)
    (found,) = claims.unreleased()
    return found


def test_it_knows_the_22_lists_of_gateways() -> None:
    names = list_names("analytics-")
    base = "analytics-tyk-system-analytics"
    assert len(names) == len(set(names)) == 22
    assert {base, f"{base}_0", f"{base}_9", f"{base}_protobuf", f"{base}_9_protobuf"} <= set(names)
    assert not any(name.endswith("protobuf_0") for name in names)


def test_the_prefix_is_a_setting(settings: Any) -> None:
    settings.PUMP_KEY_PREFIX = "mine:"
    assert all(name.startswith("mine:tyk-system-analytics") for name in list_names())


def test_a_claim_takes_the_list_with_all_its_records(redis: Redis, claims: Claims, source: str) -> None:
    redis.rpush(source, b"a", b"b", b"c")
    assert claims.claim(source) == 3
    assert not redis.exists(source)
    (claim,) = claims.unreleased()
    assert (claim.source, claim.length) == (source, 3)
    assert claims.read(claim, 0, 3, WHOLE) == [b"a", b"b", b"c"]


def test_a_claim_lives_for_ever(redis: Redis, claims: Claims, source: str) -> None:
    redis.rpush(source, b"a")
    redis.expire(source, 60)
    claims.claim(source)
    (claim,) = claims.unreleased()
    assert redis.ttl(claim.key) == -1
    assert redis.ttl(f"{{{source}}}:claims") == -1


def test_a_claim_lies_in_the_slot_of_its_list(claim: Claim, source: str, redis: Redis) -> None:
    assert claim.key.startswith(f"{{{source}}}:")
    keys = [key.decode() for key in redis.scan_iter(f"*{source}*")]
    assert keys
    assert all(key.startswith(f"{{{source}}}:") for key in keys)


def test_it_claims_nothing_where_nothing_is(redis: Redis, claims: Claims, source: str) -> None:
    assert claims.claim(source) == 0
    assert claims.claim_all() == 0
    assert claims.unreleased() == []
    assert list(redis.scan_iter(f"*{source}*")) == []


def test_it_claims_every_list_that_has_records(redis: Redis, claims: Claims) -> None:
    wanted = [*list_names(), UPTIME_LIST]
    for name in wanted:
        redis.rpush(name, b"x", b"y")
    assert claims.claim_all() == 46
    assert sorted(claim.source for claim in claims.unreleased()) == sorted(wanted)


def test_it_leaves_uptime_results_alone_when_told_to(redis: Redis, claims: Claims, settings: Any) -> None:
    settings.PUMP_DONT_PURGE_UPTIME_DATA = True
    redis.rpush(UPTIME_LIST, b"x")
    assert claims.claim_all() == 0
    assert redis.llen(UPTIME_LIST) == 1


def test_a_list_may_have_several_claims_and_the_oldest_comes_first(redis: Redis, claims: Claims) -> None:
    first, second = list_names()[3], list_names()[0]
    for number, name in enumerate([first, second, first, second]):
        redis.rpush(name, b"%d" % number)
        claims.claim(name)
    found = [claims.read(claim, 0, 1, WHOLE) for claim in claims.unreleased()]
    assert found == [[b"0"], [b"1"], [b"2"], [b"3"]]


def test_claims_of_another_process_are_found(claim: Claim, redis: Redis) -> None:
    assert Claims(redis).unreleased() == [claim]


def test_release_deletes_a_claim_and_its_name(redis: Redis, claims: Claims, claim: Claim, source: str) -> None:
    claims.release(claim)
    assert claims.unreleased() == []
    assert list(redis.scan_iter(f"*{source}*")) == []
    claims.release(claim)


def test_release_leaves_other_claims(redis: Redis, claims: Claims, claim: Claim, source: str) -> None:
    redis.rpush(source, b"later")
    claims.claim(source)
    claims.release(claim)
    (left,) = claims.unreleased()
    assert claims.read(left, 0, 1, WHOLE) == [b"later"]


def test_a_name_without_a_list_is_forgotten(redis: Redis, claims: Claims, claim: Claim, source: str) -> None:
    redis.delete(claim.key)
    assert claims.unreleased() == []
    assert not redis.exists(f"{{{source}}}:claims")


def test_it_reads_from_one_record_to_another(claims: Claims, claim: Claim) -> None:
    assert claims.read(claim, 1, 4, WHOLE) == [b"1", b"2", b"3"]
    assert claims.read(claim, 4, 100, WHOLE) == [b"4"]
    assert claims.read(claim, 5, 100, WHOLE) == []


def test_it_reads_one_record_however_large(redis: Redis, claims: Claims, source: str) -> None:
    redis.rpush(source, b"x" * 5000, b"y")
    claims.claim(source)
    (claim,) = claims.unreleased()
    assert claims.read(claim, 0, 2, 100) == [b"x" * 5000]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(12))
@given(
    runs=st.lists(st.tuples(st.integers(1, 150), st.sampled_from([0, 1, 40, 900, 30_000])), min_size=1, max_size=5),
    most=st.integers(1, 60_000),
)
def test_slices_cover_a_claim_whatever_its_sizes(claims: Claims, source: str, runs: list[Any], most: int) -> None:
    sizes = [size for count, size in runs for _ in range(count)]
    payloads = [b"%06d" % number + b"x" * size for number, size in enumerate(sizes)]
    claims._redis.rpush(source, *payloads)
    claims.claim(source)
    (claim,) = claims.unreleased()
    found: list[bytes] = []
    while part := claims.read(claim, len(found), len(payloads), most):
        assert sum(map(len, part)) <= most or len(part) == 1
        found += part
    assert found == payloads
    claims.release(claim)


def test_large_records_after_small_ones_stay_in_redis_until_their_slice(
    redis: Redis, claims: Claims, source: str
) -> None:
    redis.rpush(source, *[b"x"] * 300, *[b"y" * 50_000] * 900)
    claims.claim(source)
    (claim,) = claims.unreleased()
    before = redis.info("stats")["total_net_output_bytes"]
    assert len(claims.read(claim, 0, 1200, 1_000_000)) == 319
    assert redis.info("stats")["total_net_output_bytes"] - before < 1_100_000


def test_a_redis_that_is_full_can_be_emptied(redis: Redis, claims: Claims, source: str) -> None:
    redis.rpush(source, b"1", b"2")
    redis.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(OutOfMemoryError):
            redis.rpush(source, b"3")
        claims.claim_all()
        (claim,) = claims.unreleased()
        assert claims.read(claim, 0, 2, WHOLE) == [b"1", b"2"]
        claims.release(claim)
        assert claims.unreleased() == []
    finally:
        redis.config_set("maxmemory", 0)


def test_records_pushed_meanwhile_are_in_exactly_one_claim(redis: Redis, claims: Claims, source: str) -> None:
    pushed = threading.Thread(target=lambda: [redis.rpush(source, b"%d" % number) for number in range(500)])
    pushed.start()
    while pushed.is_alive():
        claims.claim_all()
    claims.claim_all()
    found = [one for claim in claims.unreleased() for one in claims.read(claim, 0, claim.length, WHOLE)]
    assert found == [b"%d" % number for number in range(500)]


def test_what_waits_is_told(redis: Redis, claims: Claims, claim: Claim, source: str) -> None:
    redis.rpush(source, b"fresh")
    waiting = claims.backlog()
    assert waiting.lists == {source: 1}
    assert waiting.claims == [claim]
    assert claims.peek(source) == b"fresh"
    assert claims.peek(claim.key, 3) == b"3"
    assert claims.peek(claim.key, 9) is None
