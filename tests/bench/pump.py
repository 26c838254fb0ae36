"""Records per second from Redis list to committed, against a bare COPY of the same rows.

``python -m tests.bench.pump [--records 200000 1000000] [--drains 1 2] [--repeat 3] [--enrich] [--body BYTES] [--json]``

Starts throw-away servers with their default durability (fsync and synchronous_commit on). The
records are the worst case for aggregates: 20 APIs, 500 keys and 50 paths drawn evenly, 10,000 a
second. Each run measures the bare COPY too, just before and just after: only the raw rows into an
ordinary table without index, as CSV made beforehand, one COPY and commit per 20,000 rows. A drain is a process of its
own, as in production, and its time begins when it is connected; the fold is timed after it.
Medians are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from .cases import EXPLANATION, HEADER, Case, Result, Run
from .records import Shape
from .stack import throw_away_stack

if TYPE_CHECKING:
    from .runs import Bench


def measure(bench: Bench, cases: list[Case], repeat: int) -> Iterator[Result]:
    """Measure cases that have the same number of records, all of them in every repeat."""
    files = bench.prepare(cases[0].records)
    # The first one makes files that all the others find: it does not count.
    bench.bare_copy(files)
    runs: dict[Case, list[Run]] = {case: [] for case in cases}
    for _ in range(repeat):
        for case in cases:
            runs[case].append(bench.run(case, files))
            sys.stderr.write(f"{case}  {runs[case][-1]}\n")
    for file in files:
        file.unlink()
    yield from (Result.of(case, runs[case]) for case in cases)


def enriched(home: Path) -> tuple[Shape, dict[str, str]]:
    """Records from many client_ips, and the settings of drains that look them up and normalise paths."""
    from .geoip import client_ips, database

    settings = {"PUMP_GEO_IP_DB_PATH": str(database(home / "places.mmdb")), "PUMP_NORMALISE_URLS": "true"}
    return Shape(client_ips=client_ips()), settings


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--drains", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--paths", choices=["tracked", "all"], nargs="+", default=["tracked", "all"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--enrich", action="store_true", help="look up places and normalise paths")
    parser.add_argument("--body", metavar="BYTES", type=int, default=0, help="record requests and responses so long")
    parser.add_argument("--set", metavar="NAME=VALUE", nargs="+", default=[], help="settings of the drains")
    parser.add_argument("--json", action="store_true", help="print one JSON object per case")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    results: list[Result] = []
    with throw_away_stack() as home:
        from .runs import Bench

        shape, settings = enriched(home) if options.enrich else (Shape(), {})
        shape = replace(shape, body=options.body)
        bench = Bench(home, shape, settings | dict(pair.split("=", 1) for pair in options.set))
        for records in options.records:
            choices = product(options.drains, options.paths)
            cases = [Case(records, drains, paths == "all") for drains, paths in choices]
            results += measure(bench, cases, options.repeat)
    lines = [json.dumps(asdict(result)) for result in results] if options.json else [HEADER, *results, EXPLANATION]
    sys.stdout.write("\n".join(map(str, lines)) + "\n")


if __name__ == "__main__":
    main()
