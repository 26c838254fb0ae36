"""A gateway that goes on writing, and sends again what it is not sure of."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from random import Random
from types import TracebackType
from typing import Self

import redis

from tests.bench.records import Shape, batches
from tests.chaos.stack import RAW_DAYS, Stack

LISTS = [
    "analytics-tyk-system-analytics",
    *(f"analytics-tyk-system-analytics_{shard}" for shard in range(3)),
]
SHAPE = Shape(apis=3, keys=12, paths=4, organisations=("5e9d9544a1dcd60001d0ed20", "5e9d9544a1dcd60001d0ed21"))


def make_payloads(count: int, seed: int) -> list[bytes]:
    """Different payloads of two hours around a midnight, and a tenth from a day that has no minute rows any more.

    Nearly in the order of time, as gateways' clocks and buffers have it. All of their hours are closed.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    old, oldest = count // 10, midnight - timedelta(days=RAW_DAYS - 1)
    recent = replace(SHAPE, seed=seed, rate=(count - old) / 7_200)
    older = replace(SHAPE, seed=seed, rate=old / 3_600)
    payloads = [one for batch in batches(count - old, midnight - timedelta(hours=1), recent) for one in batch]
    payloads += [one for batch in batches(old, oldest, older) for one in batch]
    draw = Random(seed)
    places = [(number + draw.uniform(0, count / 4), payload) for number, payload in enumerate(payloads)]
    return [payload for _, payload in sorted(places)]


class Producer(threading.Thread):
    """Pushes payloads to several lists, and one batch in eight twice.

    It goes on while no more than ``ahead`` records wait. ``pushed`` counts what Redis has confirmed.
    """

    def __init__(self, stack: Stack, payloads: list[bytes], *, seed: int, ahead: float = inf) -> None:
        super().__init__(name="producer", daemon=True)
        self.payloads, self.pushed, self.unsure = payloads, 0, 0
        self._stack, self._draw, self._ahead = stack, Random(seed), ahead
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self.join(60)

    def done(self) -> int:
        """Wait until everything is pushed; the number of records, resent ones too."""
        self.join(600)
        assert not self.is_alive(), f"{self.pushed} records pushed, then nothing more"
        return self.pushed

    def run(self) -> None:
        """Push everything."""
        with self._stack.redis() as client:
            for batch in self._batches():
                while self._waiting(client) > self._ahead and not self._stopped.is_set():
                    time.sleep(0.02)
                self._push(client, batch)

    def _batches(self) -> Iterator[list[bytes]]:
        """Parts as a gateway flushes them."""
        at = 0
        while at < len(self.payloads) and not self._stopped.is_set():
            batch = self.payloads[at : at + self._draw.randint(1, 200)]
            at += len(batch)
            yield batch
            if self._draw.random() < 0.125:
                # At once, as its Redis client does, or much later.
                earlier = self._draw.randrange(at)
                yield self._draw.choice([batch, self.payloads[earlier:at][:50]])

    def _push(self, client: redis.Redis, batch: list[bytes]) -> None:
        """One RPUSH per record in one pipeline, and again when no answer comes."""
        name = self._draw.choice(LISTS)
        while not self._stopped.is_set():
            with suppress(redis.RedisError):
                pipe = client.pipeline(transaction=False)
                for payload in batch:
                    pipe.rpush(name, payload)
                pipe.execute()
                self.pushed += len(batch)
                return
            self.unsure += 1
            time.sleep(0.02)

    def _waiting(self, client: redis.Redis) -> int:
        """Records in lists and claims; 0 when Redis does not say."""
        with suppress(redis.RedisError):
            return sum(client.llen(key) for key in client.keys("*") if not key.endswith(b":claims"))
        return 0
