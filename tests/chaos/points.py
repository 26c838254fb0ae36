"""Where a drain can be made to kill itself."""

from __future__ import annotations

import os
import signal
from importlib import import_module
from typing import Any

#: The function, and whether the process dies before or after it.
POINTS: dict[str, tuple[str, str]] = {
    "before a claim": ("before", "apps.pump.claims Claims.claim"),
    "after a claim": ("after", "apps.pump.claims Claims.claim"),
    "after a slice is read": ("after", "apps.pump.claims Claims.read"),
    "after a slice is prepared": ("after", "apps.pump.store rows_of"),
    "in the transaction, before the first row": ("before", "apps.pump.store copy_in"),
    "in the transaction, after the raw rows": ("after", "apps.pump.store copy_in"),
    "in the transaction, before COMMIT": ("after", "apps.pump.store _account"),
    "after COMMIT": ("after", "apps.pump.store commit"),
    "before a release": ("before", "apps.pump.claims Claims.release"),
    "after a release": ("after", "apps.pump.claims Claims.release"),
}


def kill_at(point: str, time: int) -> None:
    """Let this process kill itself when it passes a point for the given time."""
    when, place = POINTS[point]
    module, _, path = place.partition(" ")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function, passed = getattr(owner, name), 0

    def deadly(*values: Any, **named: Any) -> Any:
        nonlocal passed
        passed += 1
        if when == "before" and passed == time:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*values, **named)
        if passed == time:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
