"""A launcher of the tests' own: another data directory, any free port, the packages that are there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launching.places import ROOT, Places
from launching.postgres import Postgres
from launching.valkey import Valkey

LONGEST_START = 240.0  # seconds; on a machine that has much else to do


class Launch:
    """One run of ``bin/up``; ``text`` is what it has printed so far."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.printed = home.with_name(f"{home.name}-{time.monotonic_ns()}.txt")
        self.environ = {**os.environ, "WEIR_HOME": str(home), "WEIR_VENV": sys.prefix, "WEIR_PORT": "0"}
        self.environ |= {"ANALYTICS_RAW_DAYS": "3"} | environ  # a demo with three days of history is enough here
        for name in {"DATABASE_URL", "REDIS_URL", "GATEWAY_REDIS_URL"} - environ.keys():
            self.environ.pop(name, None)
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "bin" / "up"], env=self.environ, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def text(self) -> str:
        return self.printed.read_text()

    def wait_until_ready(self) -> str:
        """Give the address."""
        assert wait_for(lambda: self.address() or self.process.poll() is not None, LONGEST_START), self.text
        assert self.address(), self.text
        return self.address()

    def address(self) -> str:
        found = re.search(r"Weir is ready.*?(http://\S+?)/ ", self.text)
        return found[1] if found else ""

    def send(self, number: signal.Signals) -> int:
        """Send a signal to the launcher alone; give its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(90)

    def members(self) -> dict[int, str]:
        """Its processes that still live."""
        return processes_of(self.home)

    def member(self, part: str) -> int:
        """The pid of the oldest member whose command line has this in it."""
        return min(pid for pid, command in self.members().items() if part in command)


def processes_of(home: Path) -> dict[int, str]:
    """Every living process that was started with this data directory: pid and command line."""
    mark = f"WEIR_HOME={home}".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            theirs = mark in (entry / "environ").read_bytes().split(b"\0") or str(home).encode() in command
        except OSError:  # it ended while we looked
            continue
        if theirs and command:  # a zombie has no command line
            found[int(entry.name)] = command.replace(b"\0", b" ").decode()
    return found


def wait_for(come: Callable[[], Any], seconds: float) -> bool:
    """Wait until something is so; say whether it came to be."""
    deadline = time.monotonic() + seconds
    while not come():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launch]]:
    """Run ``bin/up`` on a data directory of this test, with these environment variables."""
    made: list[Launch] = []

    def make(**environ: str) -> Launch:
        made.append(Launch(tmp_path / "home", **environ))
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
    home = tmp_path / "home"
    assert wait_for(lambda: not processes_of(home), 60), processes_of(home)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Directories of this test, with the programs that the tests' servers run from."""
    places = Places(home=tmp_path / "home", venv=Path(sys.prefix))
    places.prepare()
    return places


@pytest.fixture
def postgres(places: Places) -> Iterator[Postgres]:
    """An embedded PostgreSQL as ``bin/up`` starts it, ended after the test if it still runs."""
    postgres = Postgres(places)
    yield postgres
    if postgres.data.exists():
        postgres.end_leftover()


@pytest.fixture
def valkey(places: Places) -> Iterator[Valkey]:
    """An embedded Valkey as ``bin/up`` starts it, ended after the test if it still runs."""
    valkey = Valkey(places)
    yield valkey
    valkey.end_leftover()
