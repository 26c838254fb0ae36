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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """Such a process, seen from the outside."""

    def __init__(self, task: str, environ: Mapping[str, str]) -> None:
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

    def end(self) -> dict[str, Any]:
        """What it did: ``records`` (or slices), ``seconds`` and ``peak`` memory in bytes."""
        said = self._answer()
        self._process.communicate()
        return dict(json.loads(said))

    def _answer(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("> "):
                return line[2:]
        raise RuntimeError(f"The process ended with code {self._process.wait()}; its errors are above.")


def _main(task: str) -> None:
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from apps.analytics.rollup import fold  # noqa: PLC0415
    from apps.pump.drain import Drain  # noqa: PLC0415

    connection.ensure_connection()
    print("> ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    done = fold() if task == "fold" else Drain().run().records
    seconds = time.monotonic() - began
    print("> " + json.dumps({"done": done, "seconds": seconds, "peak": _peak()}), flush=True)


def _peak() -> int:
    """Most memory this process ever held, in bytes.

    Not ``getrusage``: its figure begins with that of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    _main(sys.argv[1])
