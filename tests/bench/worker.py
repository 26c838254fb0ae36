"""A process that drains or folds when it is told to, and says how it went: ``python -m tests.bench.worker drain``.

It says ``ready`` when everything is imported and connected, so that nobody measures an interpreter's start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
#: Before what is meant for us: a log may stand between.
_MARK = "> "


@dataclass(frozen=True, slots=True)
class Measurement:
    """Records drained or slices folded, the seconds and the processor's seconds that took, most memory in bytes."""

    done: int
    seconds: float
    cpu: float
    peak: int


class Worker:
    """Such a process, seen from the outside."""

    def __init__(self, task: Literal["drain", "fold"], environ: Mapping[str, str]) -> None:
        """Start it; return when it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker", task],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def begin(self) -> None:
        """Let it go."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def end(self) -> Measurement:
        """Wait for what it did."""
        said = self._answer()
        self._process.communicate()
        return Measurement(**json.loads(said))

    def _answer(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_MARK):
                return line.removeprefix(_MARK)
        raise RuntimeError(f"The process ended with code {self._process.wait()}; its errors are above.")


def main(task: str) -> None:
    """Get ready, wait for a line, do it."""
    import django

    django.setup()
    from django.db import connection

    from apps.analytics.rollup import fold
    from apps.pump.drain import Drain

    connection.ensure_connection()
    _say("ready")
    if not sys.stdin.readline():
        return  # whoever started this is gone
    began, worked = time.monotonic(), time.process_time()
    done = fold() if task == "fold" else Drain().run().records
    measurement = Measurement(done, time.monotonic() - began, time.process_time() - worked, _peak())
    _say(json.dumps(asdict(measurement)))


def _say(words: str) -> None:
    sys.stdout.write(f"{_MARK}{words}\n")
    sys.stdout.flush()


def _peak() -> int:
    """Most memory this process ever held, in bytes.

    Not ``ru_maxrss`` of ``getrusage``: that begins with the figure of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(sys.argv[1])
