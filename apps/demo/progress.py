"""A bar that shows how far a command has come: redrawn on a terminal, one line at the end elsewhere."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

WIDTH = 30
REDRAW_AFTER = 0.1  # seconds


class Progress:
    """Counts records up to a total; ``total`` 0 means that it is not known."""

    def __init__(self, out: OutputWrapper, label: str, total: int = 0) -> None:
        self._out, self._label, self._total = out, label, total
        self._done, self._drawn = 0, 0.0

    def add(self, count: int) -> None:
        """Count some more."""
        self._done += count
        if self._out.isatty() and time.monotonic() - self._drawn > REDRAW_AFTER:
            self._drawn = time.monotonic()
            self._out.write("\r" + self._line(), ending="")
            self._out.flush()

    def finish(self) -> None:
        """Leave the final state on a line of its own."""
        self._out.write(("\r" if self._out.isatty() else "") + self._line())
        self._out.flush()

    def _line(self) -> str:
        if not self._total:
            return f"{self._label} {self._done:,} records"
        filled = WIDTH * self._done // self._total
        return f"{self._label} [{'#' * filled:-<{WIDTH}}] {self._done:,} of {self._total:,} records"
