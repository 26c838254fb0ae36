"""Servers that may be killed: a PostgreSQL and a Redis of our own, with the durability of production."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import redis

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))


from launching.places import Places
from launching.postgres import Postgres
from launching.processes import Child
from launching.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
#: Variables of the caller that must not reach our processes.
_FOREIGN = ("PUMP_", "ANALYTICS_", "GATEWAY_", "DATABASE_", "REDIS_", "LOG_LEVEL")
RAW_DAYS = 5  # days that single requests are kept; figures per minute are for fewer
#: A clock that ticks fast, every dimension counted, and not too many partitions to empty.
_SETTINGS = {
    "PUMP_PURGE_DELAY": "0.2",
    "PUMP_TRACK_ALL_PATHS": "true",
    "LOG_LEVEL": "WARNING",
    "ANALYTICS_RAW_DAYS": str(RAW_DAYS),
    "ANALYTICS_PARTITIONS_AHEAD": "1",
}
_TABLES = "record minute hour day month slice ledgerentry closedhour networkstatistic rejectedrecord".split()


@dataclass
class Stack:
    """The two servers, and the environment of processes that use them.

    ``settings`` are environment variables of those processes.
    """

    places: Places
    settings: dict[str, str]
    postgres_log: str = ""
    _children: dict[str, Child] = field(default_factory=dict)
    _connection: psycopg.Connection[Any] | None = None

    def __post_init__(self) -> None:
        self.postgres, self.valkey = Postgres(self.places), Valkey(self.places)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process that uses these servers."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        servers = {server.variable: server.url for server in (self.postgres, self.valkey)}
        django = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "kept for a moment " * 4}
        return own | servers | django | _SETTINGS | self.settings

    def open(self) -> None:
        """Start both; there are no tables yet."""
        self.start_postgres()
        self.start_redis()

    def close(self) -> None:
        """Stop both."""
        self._disconnect()
        for child in self._children.values():
            # No checkpoint of what is thrown away.
            child.stop_signal = signal.SIGQUIT
            child.stop()

    def start_postgres(self) -> None:
        """Start PostgreSQL, and return when it takes connections: after it has recovered from a crash."""
        self._children["postgres"] = self.postgres.start()

    def stop_postgres(self, how: signal.Signals) -> None:
        """End it: SIGINT is its fast shutdown, SIGQUIT its immediate one, SIGKILL takes only its first process."""
        self._end("postgres", how)
        self.postgres_log += self.places.log("postgres").read_text(errors="replace")

    def start_redis(self) -> None:
        """Start Redis, and return when it has loaded its file."""
        self._children["valkey"] = self.valkey.start()
        with self.redis() as client:
            # What it has confirmed it has. Once a second, as is usual, a killed Redis forgets records
            # that a gateway has delivered, and no pump can know of them.
            client.config_set("appendfsync", "always")

    def kill_redis(self) -> None:
        """End it as a crash would."""
        self._end("valkey", signal.SIGKILL)

    def _end(self, name: str, how: signal.Signals) -> None:
        process = self._children[name].process
        process.send_signal(how)
        process.wait(60)

    def redis(self) -> redis.Redis:
        """A new client."""
        return redis.Redis.from_url(self.valkey.url, socket_timeout=10)

    def database(self) -> psycopg.Connection[Any]:
        """A new connection, each statement its own transaction."""
        return psycopg.connect(self.postgres.url, autocommit=True)

    def query(self, query: LiteralString) -> list[tuple[Any, ...]]:
        """The rows of a query; waits for a server that is restarting. For one thread only."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                self._connection = self._connection or self.database()
                return self._connection.execute(query).fetchall()
            self._disconnect()
            time.sleep(0.05)
        raise TimeoutError("PostgreSQL does not answer.")

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def wipe(self) -> None:
        """Empty both."""
        with self.database() as connection, self.redis() as client:
            for table in _TABLES:
                # With few rows and many partitions that is faster than TRUNCATE.
                connection.execute(f"DELETE FROM analytics_{table}")
            client.flushall()
        self.postgres_log = ""

    def errors(self) -> list[str]:
        """What PostgreSQL logged as errors and worse since the last wipe, without times and details."""
        log = self.postgres_log + self.places.log("postgres").read_text(errors="replace")
        marks = (" ERROR:  ", " PANIC:  ")
        return [line.split(mark, 1)[1] for line in log.splitlines() for mark in marks if mark in line]


@contextmanager
def throw_away_stack(**settings: str) -> Iterator[Stack]:
    """Servers in a temporary directory, and nothing left of them afterwards."""
    home = Path(tempfile.mkdtemp(prefix="weir-chaos-"))
    made = Stack(Places(home=home, venv=Path(sys.prefix)), settings)
    try:
        made.places.prepare()
        made.open()
        yield made
    finally:
        made.close()
        shutil.rmtree(home, ignore_errors=True)
