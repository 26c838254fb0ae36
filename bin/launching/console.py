"""What the launcher says, and how it gives up."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LINES_SHOWN = 15


class Failure(Exception):
    """The command cannot go on; its text says what failed and what to do about it."""


def say(text: str = "") -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)  # noqa: T201


def complain(text: str) -> None:
    """Print a message to standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a piece of work, and say how long it took when that was long enough to notice."""
    say(f"  {text}")
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if seconds >= 2:
        say(f"    done in {seconds:.0f} s")


def last_lines(log: Path, count: int = LINES_SHOWN) -> str:
    """Give the end of a log, indented, to be quoted in a message."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join(f"    | {line}" for line in lines or ["(nothing was written)"])
