"""Somebody who looks at the figures all the time."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg

from tests.chaos.assertions import BALANCE
from tests.chaos.stack import Stack


class Watcher(threading.Thread):
    """Asks, again and again, whether records, ledger and every level of the aggregates say the same."""

    def __init__(self, stack: Stack, pause: float = 0.3) -> None:
        super().__init__(name="watcher", daemon=True)
        self.looks = 0
        self.differing: list[tuple[int, ...]] = []
        self._stack, self._pause = stack, pause
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self.join(60)
        if kind is None:
            assert not self.differing, f"Of {self.looks} looks at the figures these differ: {self.differing}"
            assert self.looks, "Nobody could look at the figures."

    def run(self) -> None:
        """Look until stopped; a server that is away is looked for again."""
        while not self._stopped.is_set():
            with suppress(psycopg.OperationalError), self._stack.database() as connection:
                while not self._stopped.is_set():
                    self._look(connection)
            time.sleep(0.05)

    def _look(self, connection: psycopg.Connection) -> None:
        figures = connection.execute(BALANCE).fetchone()
        assert figures
        self.looks += 1
        if len(set(figures)) != 1:
            self.differing.append(tuple(map(int, figures)))
        time.sleep(self._pause)
