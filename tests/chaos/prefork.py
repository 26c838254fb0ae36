"""Processes that drain, fold and roll up until they are killed.

They are forked from one that has everything imported, as a Celery worker forks its own, so that a
killed one is replaced in milliseconds: ``python -m tests.chaos.prefork`` reads commands as lines
of JSON and answers each with one.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from tests.chaos.stack import ROOT, Stack, throw_away_stack

PR_SET_PDEATHSIG = 1  # prctl(2)
LONGEST_WAIT = 120.0  # seconds for a process to end


class Prefork:
    """The process that forks, seen from the outside. At its end its children are killed."""

    def __init__(self, stack: Stack) -> None:
        """Start it; return when it is ready to fork."""
        log = stack.places.log("prefork")
        self._log, self._read = log.open("ab"), log.open()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.prefork"],
            cwd=ROOT,
            env=stack.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._send("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._log.close()
        self._read.close()

    def start(self, task: str, *, killed_at: str = "", stopped_at: str = "", time: int = 1) -> int:
        """Fork a process that runs a task again and again; its pid.

        It kills or stops itself when it passes that point for the given time.
        """
        number = signal.SIGKILL if killed_at else signal.SIGSTOP
        return int(self._send("start", task, killed_at or stopped_at, time, number))

    def kill(self, pid: int) -> None:
        """Kill a process with SIGKILL."""
        assert self._send("kill", pid) == "SIGKILL"

    def kill_all(self) -> None:
        """Kill all that run."""
        self._send("kill_all")

    def wait(self, pid: int) -> str:
        """Wait until a process has ended: how it ended, in words."""
        return str(self._send("wait", pid))

    def once(self, task: str) -> None:
        """Run a task once, in a process of its own."""
        how = self.wait(int(self._send("once", task)))
        assert how == "exit code 0", f"{task} ended with {how}\n{self.logged()}"

    def logged(self) -> str:
        """What workers logged since this was asked last, warnings and worse."""
        return self._read.read()

    def _send(self, *command: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"The process that forks ended with code {self._process.wait()}."
        return json.loads(answer)


@contextmanager
def stack_with_prefork(**settings: str) -> Iterator[tuple[Stack, Prefork]]:
    """Servers with tables, and the process that forks workers for them, which get these settings."""
    with throw_away_stack(**settings) as stack, Prefork(stack) as prefork:
        prefork.once("set_up")
        yield stack, prefork


class Forker:
    """The inside: one method for each command."""

    def __init__(self) -> None:
        import django

        django.setup()
        # Everything a child needs, but no connection and no thread before the fork.
        from tests.chaos import tasks

        self._tasks = tasks
        self._pids: set[int] = set()

    def ready(self) -> bool:
        """Say that everything is imported."""
        return True

    def start(self, task: str, point: str, time: int, number: int) -> int:
        """Fork a process that goes on for ever, or to that point."""
        return self._fork(lambda: self._tasks.again_and_again(task, point, time, number))

    def once(self, task: str) -> int:
        """Fork a process that does it once."""
        return self._fork(lambda: self._tasks.once(task, LONGEST_WAIT / 4))

    def kill(self, pid: int) -> str:
        """Kill a child."""
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def kill_all(self) -> int:
        """Kill all children; their number."""
        return len([self.kill(pid) for pid in list(self._pids)])

    def wait(self, pid: int) -> str:
        """Wait for a child to end."""
        deadline = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._pids.discard(pid)
                code = os.waitstatus_to_exitcode(status)
                return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            time.sleep(0.001)
        return "nothing: it still runs"

    def _fork(self, live: Callable[[], None]) -> int:
        parent = os.getpid()
        if pid := os.fork():
            self._pids.add(pid)
            return pid
        code = 1
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                live()
                code = 0
        except BaseException:  # noqa: BLE001
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        finally:
            sys.stderr.flush()
            os._exit(code)


def main() -> None:
    """Answer commands until nobody gives any."""
    # What workers log to standard output is no answer.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        forker = Forker()
        for line in sys.stdin:
            name, *values = json.loads(line)
            answers.write(json.dumps(getattr(forker, name)(*values)) + "\n")
            answers.flush()
        forker.kill_all()


if __name__ == "__main__":
    main()
