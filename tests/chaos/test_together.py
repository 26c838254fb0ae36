"""Several drains at once, with fold and roll-up beside them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import LiteralString

import pytest

from tests.bench.records import batches
from tests.chaos.assertions import check, received, wait_for
from tests.chaos.prefork import Prefork
from tests.chaos.producer import LISTS, SHAPE, make_payloads
from tests.chaos.stack import Stack
from tests.chaos.watcher import Watcher

pytestmark = pytest.mark.chaos


def test_it_counts_once_what_four_drains_find_in_four_lists(stack: Stack, prefork: Prefork, seed: int) -> None:
    """Every record is resent to every list, each time in another order."""
    payloads, draw = make_payloads(1_000, seed), Random(seed)
    with Watcher(stack), stack.redis() as client:
        for name in LISTS:
            client.rpush(name, *draw.sample(payloads, len(payloads)))
        for task in ("drain", "drain", "drain", "drain", "fold", "roll_up", "roll_up"):
            prefork.start(task)
        wait_for(stack, len(LISTS) * len(payloads))
    prefork.kill_all()
    prefork.once("roll_up")

    check(stack, payloads)
    assert received(stack) == len(LISTS) * len(payloads)


def test_it_never_deadlocks_over_resent_records(stack: Stack, prefork: Prefork, seed: int) -> None:
    """Two slices share records of two organisations on two days, and one of them has an older one besides."""
    first, second = SHAPE.organisations
    early, late = (datetime.now(UTC).replace(hour=1) - timedelta(days=days) for days in (3, 2))
    of_early, of_late = _make_payloads(second, early, 100, seed), _make_payloads(first, late, 100, seed)
    slices = [*_make_payloads(first, early, 1, seed), *of_early, *of_late], [*of_late, *of_early]
    with stack.redis() as client:
        client.rpush(LISTS[0], *slices[0])
        halted = prefork.start("drain", stopped_at="in the transaction, after the first rows")
        _wait_for_backend(stack, "state = 'idle in transaction'")
        client.rpush(LISTS[1], *slices[1])
        prefork.start("drain")
        _wait_for_backend(stack, "wait_event_type = 'Lock'")
        os.kill(halted, signal.SIGCONT)

    wait_for(stack, sum(map(len, slices)))
    prefork.kill_all()
    prefork.once("roll_up")
    check(stack, slices[0])


def _wait_for_backend(stack: Stack, condition: LiteralString) -> None:
    deadline = time.monotonic() + 30
    while not stack.query(f"SELECT pid FROM pg_stat_activity WHERE {condition}"):
        assert time.monotonic() < deadline, f"no connection whose {condition}"
        time.sleep(0.01)


def _make_payloads(organisation: str, start: datetime, count: int, seed: int) -> list[bytes]:
    shape = replace(SHAPE, organisations=(organisation,), seed=seed, rate=50)
    return [payload for batch in batches(count, start, shape) for payload in batch]
