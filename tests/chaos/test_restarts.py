"""PostgreSQL and Redis restarted while records come in: drains wait, and go on."""

from __future__ import annotations

import signal
import time

import pytest

from tests.chaos.ground import Ground
from tests.chaos.prefork import Prefork
from tests.chaos.producer import Producer, made
from tests.chaos.verdict import check, received, wait_for
from tests.chaos.watcher import Watcher

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "killed"])
def test_it_survives_a_restart_of_postgres(ground: Ground, prefork: Prefork, seed: int, how: signal.Signals) -> None:
    payloads = made(3_000, seed)
    with Watcher(ground), Producer(ground, payloads, seed=seed, ahead=2_000) as producer:
        for task in ("drain", "drain", "fold", "roll_up"):
            prefork.start(task)
        _wait_for_some(ground, 1_000)
        ground.stop_postgres(how)
        time.sleep(0.3)
        ground.start_postgres()
        wait_for(ground, producer.done())
    prefork.kill_all()
    prefork.once("roll_up")

    check(ground, payloads)


def test_it_survives_crashes_of_redis(ground: Ground, prefork: Prefork, seed: int) -> None:
    payloads = made(3_000, seed)
    with Watcher(ground), Producer(ground, payloads, seed=seed, ahead=2_000) as producer:
        for task in ("drain", "drain", "fold"):
            prefork.start(task)
        for records in (500, 1_500):
            _wait_for_some(ground, records)
            ground.kill_redis()
            time.sleep(0.3)
            ground.start_redis()
        pushed = producer.done()
        wait_for(ground, pushed)
    prefork.kill_all()
    prefork.once("roll_up")

    check(ground, payloads)


def _wait_for_some(ground: Ground, records: int) -> None:
    deadline = time.monotonic() + 60
    while received(ground) < records:
        assert time.monotonic() < deadline
        time.sleep(0.01)
