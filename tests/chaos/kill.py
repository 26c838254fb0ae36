"""Kill drains, many times: ``python -m tests.chaos.kill [--kills 100] [--records 200000] [--drains 1] [--seed N]``.

Uses servers of its own. Prints the seed of the random moments; the same seed gives the same payloads
and plans, though never the same microseconds.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.chaos.prefork import stack_with_prefork
from tests.chaos.random_kills import kill_drains


def main() -> None:
    """Do what was asked for; ends with an AssertionError when a record is lost or counted twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--drains", type=int, default=1)
    parser.add_argument("--slice", type=int, default=1_000, help="records stored in one transaction")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    options = parser.parse_args()
    began = time.monotonic()
    _say(f"seed {options.seed}")
    with stack_with_prefork(PUMP_SLICE_RECORDS=str(options.slice)) as (stack, prefork):
        report = kill_drains(
            stack,
            prefork,
            kills=options.kills,
            records=options.records,
            seed=options.seed,
            drains=options.drains,
            say=_say,
        )
    _say(f"{report}. {time.monotonic() - began:.0f} s.")


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
