"""Drains that are killed at random moments while a gateway writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos.assertions import check, received, wait_for
from tests.chaos.prefork import Prefork
from tests.chaos.producer import Producer, make_payloads
from tests.chaos.stack import Stack
from tests.chaos.watcher import Watcher

#: Most seconds from the progress that was drawn to the kill: a few slices long, so it hits them anywhere.
LONGEST = 0.15


@dataclass(slots=True)
class Report:
    """What happened.

    ``unreleased``: kills after which a claim was stored to its end and not released yet. ``looks``: times
    that somebody compared the figures while it went on.
    """

    seed: int
    records: int
    kills: int = 0
    unreleased: int = 0
    resent: int = 0
    looks: int = 0

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.kills} kills ({self.unreleased} between the last COMMIT and the release of a"
            f" claim), {self.records} records stored and counted once, {self.resent} resent ones recognised;"
            f" {self.looks} looks at the figures meanwhile, all of them right"
        )


def kill_drains(
    stack: Stack, prefork: Prefork, *, kills: int, records: int, seed: int, drains: int, say: Callable[[str], object]
) -> Report:
    """Store records while one of ``drains`` is killed again and again, and check everything; raises AssertionError.

    Fold and roll-up run beside them, and are killed now and then as well.
    """
    draw, payloads, report = Random(seed), make_payloads(records, seed), Report(seed, records)
    portion = records / kills
    with Watcher(stack) as watcher, Producer(stack, payloads, seed=seed, ahead=3 * portion) as producer:
        running = [prefork.start("drain") for _ in range(drains)]
        others = {task: prefork.start(task) for task in ("fold", "roll_up")}
        while report.kills < kills:
            _wait_for_progress(stack, producer, draw.uniform(0, portion))
            time.sleep(draw.uniform(0, LONGEST))
            prefork.kill(running.pop(0))
            report.kills += 1
            report.unreleased += _unreleased(stack)
            running.append(prefork.start("drain"))
            if draw.random() < 0.2:
                task = draw.choice(list(others))
                prefork.kill(others[task])
                others[task] = prefork.start(task)
            say(f"kill {report.kills}: {received(stack)} records received")
        wait_for(stack, producer.done())
    prefork.kill_all()
    prefork.once("roll_up")
    check(stack, payloads)
    report.resent, report.looks = received(stack) - records, watcher.looks
    return report


def _wait_for_progress(stack: Stack, producer: Producer, records: float) -> None:
    """Wait until so many more records are in. A kill when nothing is left would be none."""
    before = received(stack)
    while (now := received(stack)) < before + records:
        assert producer.is_alive() or now < producer.pushed, "everything is in, and nothing left to kill for"
        time.sleep(0.005)


def _unreleased(stack: Stack) -> bool:
    """Whether a claim is stored to its end, and still in Redis."""
    covered = dict(stack.query("SELECT claim, sum(stop - start)::bigint FROM analytics_slice GROUP BY 1"))
    with stack.redis() as client:
        claims = [key for key in client.scan_iter("*:claim:*") if key.decode() in covered]
        return any(client.llen(key) == covered[key.decode()] for key in claims)
