"""PostgreSQL and Redis restarted while records come in: drains wait, and go on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.chaos.assertions import check, received, wait_for
from tests.chaos.prefork import Prefork
from tests.chaos.producer import LISTS, Producer, make_payloads
from tests.chaos.stack import Stack
from tests.chaos.watcher import Watcher

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "killed"])
def test_it_survives_a_restart_of_postgres(stack: Stack, prefork: Prefork, seed: int, how: signal.Signals) -> None:
    payloads = make_payloads(2_000, seed)
    with Watcher(stack), Producer(stack, payloads, seed=seed, ahead=1_000) as producer:
        for task in ("drain", "drain", "fold", "roll_up"):
            prefork.start(task)
        _wait_for_some(stack, 700)
        stack.stop_postgres(how)
        time.sleep(0.3)
        stack.start_postgres()
        wait_for(stack, producer.done())
    prefork.kill_all()
    prefork.once("roll_up")

    check(stack, payloads)


def test_it_survives_crashes_of_redis(stack: Stack, prefork: Prefork, seed: int) -> None:
    payloads = make_payloads(2_000, seed)
    with Watcher(stack), Producer(stack, payloads, seed=seed, ahead=1_000) as producer:
        for task in ("drain", "drain", "fold"):
            prefork.start(task)
        for records in (400, 1_200):
            _wait_for_some(stack, records)
            stack.kill_redis()
            time.sleep(0.3)
            stack.start_redis()
        pushed = producer.done()
        wait_for(stack, pushed)
    prefork.kill_all()
    prefork.once("roll_up")

    check(stack, payloads)


def test_it_saves_records_from_vanishing_while_postgres_is_away(stack: Stack, prefork: Prefork, seed: int) -> None:
    """The gateway gives its lists 60 seconds to live."""
    payloads = make_payloads(400, seed)
    stack.stop_postgres(signal.SIGINT)
    prefork.start("drain")
    with stack.redis() as client:
        for number, name in enumerate(LISTS):
            client.rpush(name, *payloads[number :: len(LISTS)])
            client.expire(name, 60)
        _wait_until(lambda: not client.exists(*LISTS))
        assert {client.ttl(key) for key in client.keys("*")} == {-1}
    stack.start_postgres()
    wait_for(stack, len(payloads))
    prefork.kill_all()
    prefork.once("roll_up")

    check(stack, payloads)


def _wait_for_some(stack: Stack, records: int) -> None:
    _wait_until(lambda: received(stack) >= records)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
