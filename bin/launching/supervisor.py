"""Several processes that live and end together."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from launching import processes
from launching.console import Failure, last_lines, say
from launching.places import Places
from launching.processes import Child

GLANCE = 0.1  # seconds between two looks at the children


class Stopped(Exception):
    """Somebody asked for the end: Ctrl-C, SIGTERM, or the terminal was closed."""


class Supervisor:
    """Starts children in order, notices when one ends, and ends all in reverse order."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.children: list[Child] = []
        self._asked: signal.Signals | None = None

    def listen(self) -> None:
        """From now on a signal is only noted, and acted on where no child can be lost by it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup wants it that way
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: object) -> None:
        if self._asked:
            say("Still stopping; each process is given its time to finish.")
        self._asked = signal.Signals(number)

    def add(self, child: Child) -> None:
        """Take charge of a child that was started elsewhere."""
        self.children.append(child)
        self.look()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        environ: Mapping[str, str],
        *,
        grace: float = 10.0,
        keep: Sequence[int] = (),
    ) -> Child:
        """Start a child that is to stay."""
        # When the launcher is killed, the stores end too, and nothing could finish its work: an orphan ends at once.
        orphan = signal.SIGKILL
        log = self.places.log(name)
        child = processes.start(name, command, log=log, environ=environ, orphan_signal=orphan, grace=grace, keep=keep)
        self.add(child)
        return child

    def run(self, name: str, command: Sequence[str | Path], environ: Mapping[str, str]) -> str:
        """Run a command to its end and give what it printed. Raises Failure with its last lines."""
        child = processes.start(name, command, log=self.places.log(name), environ=environ)
        try:
            self.wait_for(lambda: not child.alive)
        finally:
            child.stop()
        if child.process.returncode:
            raise Failure(f"{name} failed ({child.how_it_ended()}):\n{last_lines(child.log)}\nAll of it: {child.log}")
        return child.log.read_text(errors="replace")

    def wait_for(self, come: Callable[[], bool], limit: float = float("inf")) -> bool:
        """Wait, while all children live, until something has come; False when ``limit`` seconds were not enough."""
        deadline = time.monotonic() + limit
        while not come():
            if time.monotonic() > deadline:
                return False
            time.sleep(GLANCE)
            self.look()
        return True

    def watch(self) -> None:
        """Wait for the end. Raises Stopped, or Failure when a child ends by itself."""
        try:
            self.wait_for(lambda: False)
        except Failure as failure:
            raise Failure(f"{failure}\nEverything ends with it. Start it again; nothing is lost.") from failure

    def look(self) -> None:
        """Raise Stopped if somebody asked for the end, Failure if a child has ended."""
        if self._asked:
            raise Stopped
        for child in self.children:
            if not child.alive:
                raise Failure(
                    f"{child.name} ended by itself ({child.how_it_ended()}). Its last lines:\n"
                    f"{last_lines(child.log)}\nAll of it: {child.log}"
                )

    def stop(self) -> None:
        """End all children, the last started first."""
        while self.children:
            child = self.children.pop()
            if not child.stop():
                say(f"{child.name} was still busy after {child.grace:.0f} s and was killed; it goes on next time.")
