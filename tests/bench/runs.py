"""One run of the pump against throw-away servers. Needs Django, so it is imported once they run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from django.db import connection, transaction

from apps.analytics.pg_copy import copy_in, write_csv
from apps.core.redis import gateway_redis
from apps.pump import columns
from apps.pump.claims import list_names
from apps.pump.config import pump_config
from apps.pump.slices import decode_and_classify

from .cases import Case, Run
from .records import Shape, batches
from .worker import Measurement, Worker

_TABLES = "record minute hour day month slice ledgerentry closedhour networkstatistic rejectedrecord".split()
_MIB = 2**20


class Bench:
    """The same records again and again: copied bare, or through the pump."""

    def __init__(self, home: Path, shape: Shape, environ: Mapping[str, str]) -> None:
        self._home, self._shape, self._environ = home, shape, dict(environ)
        self._redis, self._list = gateway_redis(), list_names()[0]
        # Yesterday noon: inside every window, and the records stay within the hour.
        noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self._start = noon - timedelta(days=1)

    def prepare(self, records: int) -> list[Path]:
        """The raw rows as CSV files of 20,000 rows, as the pump copies them."""
        files = []
        for number, payloads in enumerate(batches(records, self._start, self._shape)):
            rows = decode_and_classify(payloads, self._list, pump_config()).records.select(columns.RECORD_COLUMNS)
            files.append(self._home / f"{number}.csv")
            files[-1].write_bytes(write_csv(rows).getvalue())
        return files

    def bare_copy(self, files: Sequence[Path]) -> float:
        """Seconds to copy and commit the files, one by one, into an ordinary table without index."""
        _execute("CREATE TABLE bare (LIKE analytics_record)", "CHECKPOINT")
        seconds = 0.0
        for file in files:
            data = BytesIO(file.read_bytes())
            began = time.monotonic()
            with transaction.atomic():
                copy_in("bare", columns.RECORD_COLUMNS, data)
            seconds += time.monotonic() - began
        _execute("DROP TABLE bare")
        return seconds

    def run(self, case: Case, files: Sequence[Path]) -> Run:
        """Copy bare, fill the list, drain it, fold, copy bare again.

        Leaves with a message when the figures of the records are wrong.
        """
        self._clear()
        bare = self.bare_copy(files)
        self._fill(case.records)
        environ = self._environ | {"PUMP_TRACK_ALL_PATHS": str(case.all_paths).lower()}
        drains = [Worker("drain", environ) for _ in range(case.drains)]
        _execute("CHECKPOINT")
        drained = _done(drains)
        folded = _done([Worker("fold", environ)])
        self._check(case)
        return Run(
            bare=(bare + self.bare_copy(files)) / 2,
            drain=max(one.seconds for one in drained),
            cpu=sum(one.cpu for one in drained),
            fold=folded[0].seconds,
            memory=max(one.peak for one in drained) / _MIB,
            fold_memory=folded[0].peak / _MIB,
        )

    def _clear(self) -> None:
        self._redis.flushdb()
        _execute(f"TRUNCATE {', '.join(f'analytics_{table}' for table in _TABLES)}")

    def _fill(self, records: int) -> None:
        for payloads in batches(records, self._start, self._shape):
            for at in range(0, len(payloads), 1_000):
                self._redis.rpush(self._list, *payloads[at : at + 1_000])
        # Redis writes its file again after it has grown; that is no part of a drain.
        for _ in range(600):
            state = self._redis.info("persistence")
            if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
                return
            time.sleep(0.1)

    def _check(self, case: Case) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM analytics_record),"
                " (SELECT sum(hits) FROM analytics_minute WHERE dimension = 0),"
                " (SELECT sum(hits) FROM analytics_hour WHERE dimension = 0)"
            )
            found = cursor.fetchone()
        left = self._redis.keys(f"*{self._list}*")
        if found != (case.records,) * 3 or left:
            raise SystemExit(f"{case}: raw rows and hits of minutes and hours are {found}, left in Redis: {left}")


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _done(workers: Sequence[Worker]) -> list[Measurement]:
    for worker in workers:
        worker.begin()
    return [worker.end() for worker in workers]
