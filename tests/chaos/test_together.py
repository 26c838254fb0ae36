"""Several drains at once, with fold and roll-up beside them."""

from __future__ import annotations

from random import Random

import pytest

from tests.chaos.ground import Ground
from tests.chaos.prefork import Prefork
from tests.chaos.producer import LISTS, made
from tests.chaos.verdict import check, received, wait_for
from tests.chaos.watcher import Watcher

pytestmark = pytest.mark.chaos


def test_it_counts_once_what_four_drains_find_in_four_lists(ground: Ground, prefork: Prefork, seed: int) -> None:
    """The hardest case for locks: every record is resent to every list, each time in another order."""
    payloads, draw = made(1_500, seed), Random(seed)
    with Watcher(ground), ground.redis() as client:
        for name in LISTS:
            client.rpush(name, *draw.sample(payloads, len(payloads)))
        for task in ("drain", "drain", "drain", "drain", "fold", "roll_up", "roll_up"):
            prefork.start(task)
        wait_for(ground, len(LISTS) * len(payloads))
    prefork.kill_all()
    prefork.once("roll_up")

    check(ground, payloads)
    assert received(ground) == len(LISTS) * len(payloads)
