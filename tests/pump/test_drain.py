"""From the gateway's lists to PostgreSQL: everything that waits, once, whoever else is at it."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import Sum
from redis import Redis

from apps.analytics import dimensions, rollup
from apps.analytics.caps import OTHER
from apps.analytics.models import AnalyticsRecord, HourAggregate, MinuteAggregate, RejectedRecord, Slice, UptimeRecord
from apps.pump import drain, slices, store
from apps.pump.claims import UPTIME_LIST, Claims, list_names
from apps.pump.drain import Drain
from tests.analytics import stored_aggregates
from tests.pump.payloads import message, request, requests, stamp, uptime
from tests.pump.storing import counts, ledger, reasons, store_slice

pytestmark = pytest.mark.django_db(transaction=True)


def nothing_waits(redis: Redis, prefix: str) -> bool:
    return not redis.keys(f"*{prefix}*")


def test_it_empties_all_lists(redis: Redis, settings: Any, moment: datetime) -> None:
    for number, name in enumerate(list_names()):
        seconds, _ = stamp(moment)
        times = (13, [(1, seconds), (2, number)])
        protobuf = message(times, (16, "api1"), (17, "org1"), (11, 200))
        redis.rpush(name, protobuf if name.endswith("_protobuf") else request(moment, TimeStamp=[seconds, number]))
    redis.rpush(UPTIME_LIST, uptime(moment))
    done = Drain().run()
    assert (done.slices, done.records) == (23, 23)
    assert ledger() == (22, 22, 0, 0, 0)
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 22}
    assert UptimeRecord.objects.count() == 1
    assert nothing_waits(redis, settings.PUMP_KEY_PREFIX)


def test_nothing_waiting_is_nothing_done(redis: Redis) -> None:
    done = Drain().run()
    assert (done.slices, done.records) == (0, 0)
    assert not Slice.objects.exists()


def test_a_resend_in_another_list_is_stored_once(redis: Redis, moment: datetime) -> None:
    for name in list_names()[:3]:
        redis.rpush(name, *requests(4, moment))
    Drain().run()
    assert ledger() == (12, 4, 8, 0, 0)


def test_slices_are_bounded_by_records(redis: Redis, source: str, settings: Any, moment: datetime) -> None:
    settings.PUMP_SLICE_RECORDS = 10
    redis.rpush(source, *requests(25, moment))
    assert Drain().run().slices == 3
    assert list(Slice.objects.order_by("start").values_list("start", "stop")) == [(0, 10), (10, 20), (20, 25)]
    assert AnalyticsRecord.objects.count() == 25


def test_slices_are_bounded_by_bytes(redis: Redis, source: str, settings: Any, moment: datetime) -> None:
    payloads = requests(25, moment)
    settings.PUMP_SLICE_BYTES = 4 * len(payloads[0]) + 50
    redis.rpush(source, *payloads)
    assert Drain().run().slices == 7
    assert AnalyticsRecord.objects.count() == 25


def test_it_takes_the_oldest_claim_first(redis: Redis, claims: Claims, source: str, moment: datetime) -> None:
    for number in range(3):
        redis.rpush(source, request(moment, APIID=str(number)))
        claims.claim(source)
    Drain().run()
    assert list(Slice.objects.order_by("id").values_list("claim", flat=True)) == sorted(
        Slice.objects.values_list("claim", flat=True)
    )


def test_it_goes_on_where_a_drain_that_died_left_a_claim(
    redis: Redis, claims: Claims, source: str, settings: Any, moment: datetime
) -> None:
    payloads = requests(12, moment)
    redis.rpush(source, *payloads)
    claims.claim(source)
    (claim,) = claims.unreleased()
    store_slice(payloads[:5], source, claim=claim.key)
    assert Drain().run().records == 7
    assert ledger() == (12, 12, 0, 0, 0)
    assert nothing_waits(redis, settings.PUMP_KEY_PREFIX)


def test_a_claim_whose_release_was_lost_is_stored_once(
    redis: Redis, source: str, settings: Any, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.rpush(source, *requests(5, moment))
    with monkeypatch.context() as lost:
        lost.setattr(Claims, "release", lambda *args: None)
        Drain().run()
    assert not nothing_waits(redis, settings.PUMP_KEY_PREFIX)
    assert Drain().run().records == 0
    assert ledger() == (5, 5, 0, 0, 0)
    assert nothing_waits(redis, settings.PUMP_KEY_PREFIX)


@pytest.mark.parametrize("sizes", [(10, 7), (7, 10), (100, 3), (3, 100)])
def test_slices_may_change_their_size_between_runs(
    redis: Redis, source: str, settings: Any, moment: datetime, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int]
) -> None:
    redis.rpush(source, *requests(30, moment))
    settings.PUMP_SLICE_RECORDS, after = sizes
    commit, committed = store.commit, []

    def fail_later(*args: Any) -> Slice:
        if len(committed) == 1:
            raise OSError("the disk is full")
        committed.append(commit(*args))
        return committed[-1]

    with monkeypatch.context() as broken:
        broken.setattr(store, "commit", fail_later)
        if sizes[0] < 30:
            with pytest.raises(OSError, match="disk"):
                Drain().run()
    settings.PUMP_SLICE_RECORDS = after
    Drain().run()
    assert ledger() == (30, 30, 0, 0, 0)
    assert nothing_waits(redis, settings.PUMP_KEY_PREFIX)


def test_it_takes_what_comes_in_while_it_works(
    redis: Redis, source: str, settings: Any, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUMP_PURGE_DELAY = 0.3
    first, second = requests(6, moment)[:3], requests(6, moment)[3:]
    commit, waiting = store.commit, [second]

    def slowly(*args: Any) -> Slice:
        if waiting:
            redis.rpush(source, *waiting.pop())
            time.sleep(0.4)
        return commit(*args)

    monkeypatch.setattr(store, "commit", slowly)
    redis.rpush(source, *first)
    assert Drain().run().records == 6


def test_a_payload_that_nobody_thought_of_costs_no_other(
    redis: Redis, source: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = request(moment, APIID="odd")

    def fail_for_odd(payload: bytes) -> Any:
        if payload == odd:
            raise ZeroDivisionError("by nothing")
        return sha256(payload)

    monkeypatch.setattr(slices, "sha256", fail_for_odd)
    redis.rpush(source, *requests(5, moment), odd)
    Drain().run()
    assert ledger() == (6, 5, 0, 1, 0)
    assert reasons() == [(RejectedRecord.Reason.UNDECODABLE, "")]


def run_in_threads(count: int) -> None:
    """As many drains at once, each with connections of its own."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            Drain().run()
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_drains_at_once_share_the_work(redis: Redis, source: str, settings: Any, moment: datetime) -> None:
    settings.PUMP_SLICE_RECORDS = 20
    # Of several days and organisations, in which drains that meet in resent records could deadlock.
    times = [moment - timedelta(days=number % 3, milliseconds=number) for number in range(300)]
    payloads = [request(time, OrgID=f"org{number % 2}") for number, time in enumerate(times)]
    for name in list_names()[:3]:
        redis.rpush(name, *payloads)
    run_in_threads(3)
    Drain().run()
    assert ledger() == (900, 300, 600, 0, 0)
    assert AnalyticsRecord.objects.count() == 300
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 300}
    assert nothing_waits(redis, settings.PUMP_KEY_PREFIX)


def test_drains_at_once_keep_to_the_caps_together(redis: Redis, settings: Any, moment: datetime) -> None:
    settings.PUMP_SLICE_RECORDS, settings.PUMP_MAX_VALUES = 10, 3
    for name in list_names()[:4]:
        keys = [f"{name} {at}" if at % 2 else f"often {at % 3}" for at in range(20)]
        redis.rpush(name, *(request(moment, APIKey=key, Host=f"{name} {at}") for at, key in enumerate(keys)))
    run_in_threads(2)
    minutes = MinuteAggregate.objects.filter(dimension=dimensions.KEY.code)
    for one in Slice.objects.all():
        assert minutes.filter(slice=one.pk).exclude(value=OTHER).count() == 3
        assert minutes.filter(slice=one.pk).aggregate(sum=Sum("hits"))["sum"] == 10
    rollup.fold()
    rollup.roll_up()
    hours = dict(HourAggregate.objects.filter(dimension=dimensions.KEY.code).values_list("value", "hits"))
    assert hours.keys() == {"often 0", "often 1", "often 2", OTHER}
    assert (hours["often 0"], sum(hours.values())) == (16, 80)


@pytest.mark.parametrize("slice_bytes", [1 << 24, 10_000])
def test_drains_that_cut_a_claim_differently_store_it_once(
    redis: Redis,
    claims: Claims,
    source: str,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    slice_bytes: int,
) -> None:
    """As with two releases of Weir side by side: neither sees the other's lock."""
    settings.PUMP_SLICE_BYTES = slice_bytes
    payloads = requests(30, moment)
    redis.rpush(source, *payloads)
    claims.claim(source)
    (claim,) = claims.unreleased()
    submit = drain.Stages.submit

    def overtaken(*args: Any) -> Any:
        if not Slice.objects.exists():
            store_slice(payloads[:30], source, claim=claim.key)
        return submit(*args)

    monkeypatch.setattr(drain.Stages, "submit", overtaken)
    assert Drain().run().records == 0
    assert ledger() == (30, 30, 0, 0, 0)


def test_the_command_says_what_it_took(redis: Redis, source: str, moment: datetime, capsys: Any) -> None:
    redis.rpush(source, *requests(4, moment))
    call_command("drain")
    assert capsys.readouterr().out == "4 records in 1 slices.\n"
    assert counts(Slice.objects.get()) == (4, 4, 0, 0, 0)
