"""The program behind bin/up, bin/test, bin/check, bin/lock and bin/manage. ``launching/`` has its parts."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # it runs isolated: nothing else is found by chance

from launching.console import Failure, complain

MODULES = {"up": "up", "test": "testing", "check": "checking", "lock": "lock", "manage": "manage"}


def main(arguments: list[str]) -> int:
    """Run one command; give its exit code."""
    if not arguments or arguments[0] not in MODULES:
        complain(f"usage: launcher.py {'|'.join(MODULES)} [arguments]")
        return 2
    command = importlib.import_module(f"launching.{MODULES[arguments[0]]}")
    try:
        return int(command.run(arguments[1:]))
    except Failure as failure:
        complain(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        complain("\nInterrupted.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
