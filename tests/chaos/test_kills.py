"""Drains killed with SIGKILL: no record lost, none counted twice."""

from __future__ import annotations

import pytest

from tests.chaos.ground import Ground
from tests.chaos.killing import kill_drains
from tests.chaos.points import POINTS
from tests.chaos.prefork import Prefork
from tests.chaos.producer import LISTS, made
from tests.chaos.verdict import check, received, wait_for

pytestmark = pytest.mark.chaos


def test_it_counts_every_record_once_whenever_a_drain_is_killed(ground: Ground, prefork: Prefork, seed: int) -> None:
    """The long form is ``python -m tests.chaos.kill``."""
    report = kill_drains(ground, prefork, kills=12, records=6_000, seed=seed, drains=2, say=print)

    assert report.kills == 12
    assert report.resent > 0


@pytest.mark.parametrize("point", POINTS)
def test_it_goes_on_where_a_drain_was_killed(ground: Ground, prefork: Prefork, seed: int, point: str) -> None:
    payloads = made(600, seed)
    with ground.redis() as client:
        for number, name in enumerate(LISTS):
            client.rpush(name, *payloads[number :: len(LISTS)], *payloads[:10])

    killed = prefork.start("drain", killed_at=point, time=2)

    assert prefork.wait(killed) == "SIGKILL"
    with ground.redis() as client:
        assert client.keys("*"), "nothing was left to go on with"
    pushed = len(payloads) + 10 * len(LISTS)
    prefork.start("drain")
    wait_for(ground, pushed)
    prefork.kill_all()
    prefork.once("roll_up")
    check(ground, payloads)
    assert received(ground) == pushed
