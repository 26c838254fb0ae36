"""Records per second from Redis list to committed, against a bare COPY of the same rows.

``python -m tests.bench.pump [--records 200000 1000000] [--drains 1 2] [--repeat 3] [--enrich] [--json]``

Starts throw-away servers with their default durability (fsync on, synchronous_commit on). Every
repeat measures the bare COPY too: the raw rows alone into an ordinary table without index, as CSV
made beforehand, one COPY and commit per 20,000 rows. Each drain is a process of its own; its time
begins when it is connected. Fold is timed after the drain and added. Medians are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from statistics import median

from tests.bench.records import Shape, batches
from tests.bench.stage import stage
from tests.bench.worker import Worker

LIST = "analytics-tyk-system-analytics"
MOST_MEMORY = 350  # MiB a drain may take, whatever the backlog
#: Least share of a bare COPY: without and with all paths tracked, then the same with the fold.
LEAST = {False: 0.25, True: 0.22}
LEAST_WITH_FOLD = {False: 0.20, True: 0.13}


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured."""

    records: int
    drains: int
    all_paths: bool

    def __str__(self) -> str:
        return f"{self.records:>9,}  {self.drains:>6}  {'all' if self.all_paths else 'tracked':>7}"


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one run, and the most memory of a drain and of the fold in MiB."""

    bare: float
    drain: float
    fold: float
    memory: float
    fold_memory: float


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of the runs of a case: records per second, and their share of the bare COPY."""

    case: Case
    bare: float
    drained: float
    share: float
    folded: float
    folded_share: float
    memory: float
    fold_memory: float

    @classmethod
    def of(cls, case: Case, runs: Sequence[Run]) -> Result:
        """Sum up; shares are of the bare COPY of the same repeat."""
        return cls(
            case,
            median(case.records / run.bare for run in runs),
            median(case.records / run.drain for run in runs),
            median(run.bare / run.drain for run in runs),
            median(case.records / (run.drain + run.fold) for run in runs),
            median(run.bare / (run.drain + run.fold) for run in runs),
            max(run.memory for run in runs),
            max(run.fold_memory for run in runs),
        )

    @property
    def missed(self) -> str:
        """Which targets are missed, empty when none."""
        paths = self.case.all_paths
        targets = {
            "drain": self.share >= LEAST[paths],
            "fold": self.folded_share >= LEAST_WITH_FOLD[paths],
            "memory": self.memory <= MOST_MEMORY,
        }
        return ", ".join(name for name, met in targets.items() if not met)

    def __str__(self) -> str:
        return (
            f"{self.case}  {self.bare:>9,.0f}  {self.drained:>8,.0f}  {self.share:>5.3f}  {self.folded:>9,.0f}"
            f"  {self.folded_share:>5.3f}  {self.memory:>7.0f}  {self.fold_memory:>8.0f}  {self.missed or '–'}"
        )


HEADER = "  records  drains    paths  bare COPY   drained  share  with fold  share  MiB max  fold MiB  missed"


class Bench:
    """Everything that needs Django, which can be imported only on the stage."""

    def __init__(self, home: Path, shape: Shape, environ: dict[str, str]) -> None:
        from apps.pump.claims import Claims  # noqa: PLC0415

        self._home, self._shape, self._environ = home, shape, environ
        # Yesterday noon: inside every window, and not across an hour.
        today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self._start = today - timedelta(days=1)
        self._redis = Claims()._redis

    def prepare(self, records: int) -> list[Path]:
        """The raw rows as CSV files of 20,000 rows, as the pump would copy them."""
        from apps.analytics.rows import write  # noqa: PLC0415
        from apps.pump import columns  # noqa: PLC0415
        from apps.pump.batch import prepare  # noqa: PLC0415
        from apps.pump.rules import rules  # noqa: PLC0415

        files = []
        for number, payloads in enumerate(batches(records, self._start, self._shape)):
            rows = prepare(payloads, LIST, rules()).records.select(columns.RAW)
            files.append(self._home / f"{number}.csv")
            files[-1].write_bytes(write(rows).getvalue())
        return files

    def bare_copy(self, files: Sequence[Path]) -> float:
        """Seconds to copy and commit the files into a table without index."""
        from django.db import transaction  # noqa: PLC0415

        from apps.analytics.copying import copy_in  # noqa: PLC0415
        from apps.pump import columns  # noqa: PLC0415

        self._sql("DROP TABLE IF EXISTS bare", "CREATE TABLE bare (LIKE analytics_record)", "CHECKPOINT")
        seconds = 0.0
        for file in files:
            data = BytesIO(file.read_bytes())
            began = time.monotonic()
            with transaction.atomic():
                copy_in("bare", columns.RAW, data)
            seconds += time.monotonic() - began
        self._sql("DROP TABLE bare")
        return seconds

    def run(self, case: Case, bare: float) -> Run:
        """Fill the list, drain it with so many processes, fold."""
        environ = self._environ | {"PUMP_TRACK_ALL_PATHS": str(case.all_paths).lower()}
        self._clear()
        self._fill(case.records)
        drains = [Worker("drain", environ) for _ in range(case.drains)]
        self._sql("CHECKPOINT")
        drained, told = _timed(drains)
        folded, of_fold = _timed([Worker("fold", environ)])
        self._check(case)
        memory = max(one["peak"] for one in told) / 2**20
        return Run(bare, drained, folded, memory, of_fold[0]["peak"] / 2**20)

    def _fill(self, records: int) -> None:
        for payloads in batches(records, self._start, self._shape):
            for at in range(0, len(payloads), 1_000):
                self._redis.rpush(LIST, *payloads[at : at + 1_000])
        self._wait_for_rewrite()

    def _wait_for_rewrite(self) -> None:
        # The file that Redis writes again after it has grown is no part of a drain.
        for _ in range(600):
            state = self._redis.info("persistence")
            if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
                return
            time.sleep(0.1)

    def _clear(self) -> None:
        self._redis.flushdb()
        tables = "record minute hour day month slice ledgerentry closedhour networkstatistic rejectedrecord".split()
        self._sql(f"TRUNCATE {', '.join(f'analytics_{table}' for table in tables)}")

    def _check(self, case: Case) -> None:
        """A wrong result is no result."""
        from django.db import connection  # noqa: PLC0415

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM analytics_record), (SELECT sum(hits) FROM analytics_minute WHERE"
                " dimension = 0), (SELECT sum(hits) FROM analytics_hour WHERE dimension = 0)"
            )
            found = cursor.fetchone()
        left = self._redis.keys(f"*{LIST}*")
        if found != (case.records,) * 3 or left:
            raise SystemExit(f"{case}: rows, hits in minutes and in hours are {found}, left in Redis: {left}")

    def _sql(self, *statements: str) -> None:
        from django.db import connection  # noqa: PLC0415

        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _timed(workers: Sequence[Worker]) -> tuple[float, list[dict[str, float]]]:
    for worker in workers:
        worker.begin()
    told = [worker.end() for worker in workers]
    # The time of the last one; the ends of their processes do not count.
    return max(one["seconds"] for one in told), told


def measure(bench: Bench, cases: Sequence[Case], repeat: int) -> Iterator[Result]:
    """Measure all cases of each number of records, printing nothing."""
    for records in sorted({case.records for case in cases}):
        files = bench.prepare(records)
        mine = [case for case in cases if case.records == records]
        runs: dict[Case, list[Run]] = {case: [] for case in mine}
        for _ in range(repeat):
            bare = bench.bare_copy(files)
            for case in mine:
                runs[case].append(bench.run(case, bare))
                print(f"  {case}  {runs[case][-1]}", file=sys.stderr, flush=True)
        for file in files:
            file.unlink()
        yield from (Result.of(case, runs[case]) for case in mine)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--drains", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--paths", choices=["tracked", "all"], nargs="+", default=["tracked", "all"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--set", metavar="NAME=VALUE", nargs="*", default=[], help="settings of the drains")
    parser.add_argument("--json", action="store_true", help="print one JSON object per case")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    asked = arguments()
    environ = dict(pair.split("=", 1) for pair in asked.set)
    cases = [Case(*one) for one in product(asked.records, asked.drains, [paths == "all" for paths in asked.paths])]
    with stage() as home:
        results = list(measure(Bench(home, Shape(), environ), cases, asked.repeat))
    if asked.json:
        for result in results:
            print(json.dumps(asdict(result)))
    else:
        print(HEADER, *results, sep="\n")


if __name__ == "__main__":
    main()
