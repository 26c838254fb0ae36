"""Drains killed with SIGKILL: no record lost, none counted twice."""

from __future__ import annotations

import pytest

from tests.chaos.assertions import check, received, wait_for
from tests.chaos.kill_points import POINTS
from tests.chaos.prefork import Prefork, stack_with_prefork
from tests.chaos.producer import LISTS, make_payloads
from tests.chaos.random_kills import kill_drains
from tests.chaos.stack import Stack

pytestmark = pytest.mark.chaos


def test_it_counts_every_record_once_whenever_a_drain_is_killed(stack: Stack, prefork: Prefork, seed: int) -> None:
    report = kill_drains(stack, prefork, kills=12, records=6_000, seed=seed, drains=2, say=print)

    assert report.kills == 12
    assert report.resent > 0


@pytest.mark.long
def test_it_counts_every_record_once_over_a_hundred_kills(seed: int) -> None:
    """With slices of production's length; ``python -m tests.chaos.kill`` shows it happen."""
    with stack_with_prefork(PUMP_SLICE_RECORDS="1000") as (stack, prefork):
        report = kill_drains(stack, prefork, kills=100, records=200_000, seed=seed, drains=1, say=print)

    assert report.kills == 100
    assert report.resent > 0


@pytest.mark.parametrize("point", POINTS)
def test_it_goes_on_where_a_drain_was_killed(stack: Stack, prefork: Prefork, seed: int, point: str) -> None:
    payloads = make_payloads(600, seed)
    with stack.redis() as client:
        for number, name in enumerate(LISTS):
            client.rpush(name, *payloads[number :: len(LISTS)], *payloads[:10])

    killed = prefork.start("drain", killed_at=point, time=2)

    assert prefork.wait(killed) == "SIGKILL"
    with stack.redis() as client:
        assert client.keys("*"), "nothing was left to go on with"
    pushed = len(payloads) + 10 * len(LISTS)
    prefork.start("drain")
    wait_for(stack, pushed)
    prefork.kill_all()
    prefork.once("roll_up")
    check(stack, payloads)
    assert received(stack) == pushed
