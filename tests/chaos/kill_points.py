"""Where a drain can be made to kill or to stop itself."""

from __future__ import annotations

import signal
import threading
from importlib import import_module
from typing import Any

#: The function, and whether it happens before or after it.
POINTS: dict[str, tuple[str, str]] = {
    "after a claim": ("after", "apps.pump.claims Claims.claim"),
    "after a slice is prepared": ("after", "apps.pump.store rows_of"),
    "in the transaction, before the first rows": ("before", "apps.pump.store copy_in"),
    "in the transaction, after the first rows": ("after", "apps.pump.store copy_in"),
    "in the transaction, before COMMIT": ("after", "apps.pump.store _write_ledger"),
    "after COMMIT": ("after", "apps.pump.store commit"),
    "before a release": ("before", "apps.pump.claims Claims.release"),
    "after a release": ("after", "apps.pump.claims Claims.release"),
}


def signal_at(point: str, time: int, number: int) -> None:
    """Let this process send itself a signal when it passes a point for the given time."""
    when, place = POINTS[point]
    module, _, path = place.partition(" ")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function, passed = getattr(owner, name), 0

    def signalling(*values: Any, **named: Any) -> Any:
        nonlocal passed
        passed += 1
        mine = passed == time
        if mine and when == "before":
            _signal(number)
        result = function(*values, **named)
        if mine and when == "after":
            _signal(number)
        return result

    setattr(owner, name, signalling)


def _signal(number: int) -> None:
    # To this thread: a signal to the process may be taken by another one, some time later.
    signal.pthread_kill(threading.get_ident(), number)
