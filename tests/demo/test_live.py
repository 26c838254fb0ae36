from __future__ import annotations

from itertools import pairwise, takewhile
from random import Random
from typing import Any

import msgpack
import pytest

from apps.demo.live import TICK, batches
from apps.demo.load_profile import LiveProfile


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = 1_767_323_045.0) -> None:
        self.now = self.start = now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= TICK
        self.now += seconds


def moments(batch: list[bytes]) -> list[float]:
    records: list[dict[str, Any]] = [msgpack.unpackb(payload) for payload in batch]
    return [record["TimeStamp"][0] + record["TimeStamp"][1] / 1e9 for record in records]


def run(clock: Clock, rate: float, seconds: float) -> list[tuple[float, list[float]]]:
    """When each batch came, and the times of its records."""
    live = batches(Random("a"), LiveProfile(clock.start, rate), clock.time, clock.sleep)
    made = ((clock.now, moments(batch)) for batch in live)
    return list(takewhile(lambda batch: batch[0] < clock.start + seconds, made))


@pytest.mark.parametrize("rate", [0.5, 40.0])
def test_it_makes_about_as_many_requests_as_it_should(rate: float) -> None:
    seconds = 4_000 / rate
    count = sum(len(times) for _, times in run(Clock(), rate, seconds))
    assert count == pytest.approx(4_000, rel=0.25)


def test_it_stamps_each_request_with_the_moment_at_which_it_is_pushed() -> None:
    for pushed, times in run(Clock(), 40.0, 30):
        assert times == sorted(times)
        assert all(-0.001 < pushed - moment <= TICK + 0.001 for moment in times)


def test_it_makes_independent_requests() -> None:
    times = [moment for _, batch in run(Clock(), 10.0, 400) for moment in batch]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    # Of exponentially distributed gaps, the standard deviation is the mean; bursts add a little.
    assert 0.85 < spread / mean < 1.5


def test_it_leaves_out_what_it_missed_while_it_stood_still() -> None:
    clock = Clock()
    live = batches(Random("a"), LiveProfile(clock.start, 10.0), clock.time, clock.sleep)
    next(live)
    clock.now += 3_600
    late = moments(next(live))
    assert len(late) < 5
    assert clock.now - min(late) < 2
