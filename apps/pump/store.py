"""One transaction per slice: raw rows, aggregate rows, rejected records, progress and ledger.

The only writer of the traffic's tables besides the roll-up. Rows go in by COPY, straight into
their partition; nothing is ever updated. Either all of a slice is in the database or none of it,
whatever is killed, and a slice that is in cannot be written again: its claim and start are unique.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import polars as pl
import psycopg
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.analytics import caps, partitions
from apps.analytics.aggregate_rows import COLUMNS, total
from apps.analytics.models import LedgerEntry, NetworkStatistic, RejectedRecord, Slice
from apps.analytics.pg_copy import copy_in, write_csv

from .columns import RECORD_COLUMNS
from .slices import Classified, Rejected

#: What the database says of one row, as opposed to what it says of itself.
_ROW_ERRORS = (psycopg.DataError, psycopg.IntegrityError)
_OUTCOMES = ("stored", "duplicates", "rejected", "filtered")
#: What else is counted of the stored records.
_COUNTS = ("network", "tags_left_out", "texts_cut", "other_hits")
#: Columns of the network statistics by the counters of a record.
_NETWORK = {
    "open_connections": "OpenConnections",
    "closed_connections": "ClosedConnection",
    "bytes_in": "BytesIn",
    "bytes_out": "BytesOut",
}


class AlreadyStoredError(Exception):
    """Another drain committed this slice first; nothing was written."""


@dataclass(frozen=True, slots=True)
class SliceRange:
    """Where a slice lies: records ``start`` to ``stop`` (exclusive) of a claim of the list ``source``."""

    claim: str
    source: str
    start: int
    stop: int

    def slice(self, **fields: Any) -> Slice:
        """The row of this slice, committed now; not saved."""
        lies = {"claim": self.claim, "source": self.source, "start": self.start, "stop": self.stop}
        return Slice(**lies, received=self.stop - self.start, committed_at=timezone.now(), **fields)


@dataclass(slots=True)
class Rows:
    """A classified slice as the rows of each table, in the form COPY takes.

    Made outside the transaction, while the slice before commits.
    """

    number: int
    classified: Classified
    records: list[tuple[str, BytesIO]]
    minutes: pl.DataFrame
    minutes_csv: BytesIO
    hours_csv: BytesIO
    other_hits: pl.DataFrame


def rows_of(classified: Classified, number: int) -> Rows:
    """The rows of a classified slice, which gets this number."""
    minutes = classified.minute_rows().with_columns(slice=pl.lit(number, dtype=pl.Int64))
    hours = classified.hour_rows().with_columns(pending=pl.lit("t"))
    records = list(_by_partition(classified.records))
    others = pl.concat([_other_hits(minutes), _other_hits(hours)])
    return Rows(number, classified, records, minutes.select("bucket"), write_csv(minutes), write_csv(hours), others)


def _other_hits(rows: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return caps.NO_HITS
    return caps.other_hits(rows, hour=pl.col("bucket").dt.truncate("1h"))


def _by_partition(records: pl.DataFrame) -> Iterator[tuple[str, BytesIO]]:
    dated = records.select(*RECORD_COLUMNS, day=pl.col("timestamp").dt.date())
    for (day,), part in dated.partition_by("day", as_dict=True, include_key=False).items():
        yield partitions.RECORDS.name(day), write_csv(part)


def next_slice() -> int:
    """A number for a slice, never given twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('analytics_slice', 'id'))")
        return int(cursor.fetchone()[0])


def commit(rows: Rows, slice_range: SliceRange) -> Slice:
    """Store one slice, all of it or nothing.

    Raises:
        AlreadyStoredError: when another drain was faster.
        django.db.Error, psycopg.Error: when the database is away; the claim stays where it is.
    """
    with transaction.atomic():
        stored = slice_range.slice(id=rows.number, **_counts(rows))
        take_slice(stored)
        if not _copy_records(rows.records):
            rows = _store_only_new(rows)
            for name, count in _counts(rows).items():
                setattr(stored, name, count)
            stored.save()
        copy_in("analytics_minute", [*COLUMNS, "slice"], rows.minutes_csv)
        copy_in("analytics_hour", [*COLUMNS, "pending"], rows.hours_csv)
        _write_ledger(rows, slice_range)
    return stored


def take_slice(taken: Slice) -> None:
    """Insert a slice's row before anything else: a drain that holds the same slice waits here, and then gives up.

    Raises:
        AlreadyStoredError: when another drain was faster.
    """
    if Slice.objects.filter(claim=taken.claim, start__lt=taken.stop, stop__gt=taken.start).exists():
        raise AlreadyStoredError(f"{taken.claim} from {taken.start} on, cut differently")
    try:
        with transaction.atomic():
            taken.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyStoredError(f"{taken.claim} from {taken.start} on") from error


def reject(rejected: Iterable[Rejected], source: str) -> None:
    """Keep what is not stored, with the reason."""
    RejectedRecord.objects.bulk_create(
        RejectedRecord(
            organisation=one.organisation, source=source, reason=one.reason, detail=one.detail, payload=one.payload
        )
        for one in rejected
    )


def _counts(rows: Rows) -> dict[str, Any]:
    classified = rows.classified
    first_bucket, last_bucket = _bounds(rows.minutes["bucket"])
    return {
        "stored": classified.records.height,
        "duplicates": classified.duplicates.height,
        "rejected": len(classified.rejected),
        "filtered": classified.filtered.height,
        "minute_rows": rows.minutes.height,
        "first_bucket": first_bucket,
        "last_bucket": last_bucket,
        "last_record": _bounds(classified.records["timestamp"])[1],
    }


def _bounds(times: pl.Series) -> tuple[datetime | None, ...]:
    """The first and the last time, in UTC; None when there is none."""
    return tuple(
        time.replace(tzinfo=UTC) if isinstance(time, datetime) else None for time in (times.min(), times.max())
    )


def _copy_records(records: Sequence[tuple[str, BytesIO]]) -> bool:
    """COPY raw rows into their partitions; False, and nothing written, when a row was not taken."""
    try:
        with transaction.atomic():
            for partition, data in records:
                copy_in(partition, RECORD_COLUMNS, data)
    except _ROW_ERRORS:
        return False
    return True


def _store_only_new(rows: Rows) -> Rows:
    """The slow path: a resend, or a row the database refuses, is somewhere in the slice."""
    stored, refused = _insert(rows.classified.records)
    rows.classified.reject_refused(refused)
    rows.classified.mark_resent(stored)
    return rows_of(rows.classified, rows.number)


def _insert(records: pl.DataFrame) -> tuple[pl.Series, dict[str, str]]:
    """Insert rows whose id is new; their ids, and the reason of each id that was refused.

    A refused row is found by halving, so that it never costs its neighbours.
    """
    try:
        with transaction.atomic():
            return _insert_new(records), {}
    except _ROW_ERRORS as error:
        if records.height == 1:
            return pl.Series([], dtype=pl.String), {records["id"][0]: str(error).splitlines()[0]}
    half = records.height // 2
    parts = [_insert(records[:half]), _insert(records[half:])]
    return pl.concat([ids for ids, _ in parts]), parts[0][1] | parts[1][1]


def _insert_new(records: pl.DataFrame) -> pl.Series:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS staged (LIKE analytics_record) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE staged")
        copy_in("staged", RECORD_COLUMNS, write_csv(records.select(RECORD_COLUMNS)))
        cursor.execute(
            "INSERT INTO analytics_record SELECT * FROM staged ON CONFLICT DO NOTHING"
            " RETURNING replace(id::text, '-', '')"
        )
        return pl.Series([id_ for (id_,) in cursor.fetchall()], dtype=pl.String)


def _write_ledger(rows: Rows, slice_range: SliceRange) -> None:
    classified = rows.classified
    LedgerEntry.objects.bulk_create(ledger_entries(classified, timezone.now(), rows.other_hits))
    NetworkStatistic.objects.bulk_create(network_statistics(classified.records))
    reject(classified.rejected, slice_range.source)


def ledger_entries(
    classified: Classified, now: datetime, other_hits: pl.DataFrame = caps.NO_HITS
) -> Iterator[LedgerEntry]:
    """Every record of a slice counted once under its outcome, by organisation and hour of the record.

    What was rejected counts in the hour of ``now``: it has no usable time, or no place at its own.
    """
    here = pl.lit(now.astimezone(UTC).replace(tzinfo=None), dtype=pl.Datetime("us"))
    rejected = pl.Series("organisation", [one.organisation for one in classified.rejected], dtype=pl.String)
    outcomes = [
        _by_hour(classified.records, "stored"),
        _by_hour(classified.records.filter(pl.col("status") == -1), "network"),
        _by_hour(classified.duplicates, "duplicates"),
        _by_hour(classified.filtered, "filtered"),
        _by_hour(rejected.to_frame().with_columns(timestamp=here), "rejected"),
        _by_hour(_of_stored(classified.left_out, classified), "tags_left_out"),
        _by_hour(_of_stored(classified.cut, classified), "texts_cut"),
        other_hits.with_columns(outcome=pl.lit("other_hits")),
    ]
    newest = _newest_by_hour(classified.records)
    counts: dict[tuple[str, datetime], dict[str, int]] = {}
    for organisation, hour, outcome, count in (
        pl.concat(outcomes).group_by("organisation", "hour", "outcome").agg(pl.col("count").sum()).iter_rows()
    ):
        key = (organisation, hour.replace(tzinfo=UTC))
        counts.setdefault(key, dict.fromkeys((*_OUTCOMES, *_COUNTS), 0))[outcome] = count
    for (organisation, hour), found in sorted(counts.items()):
        received = sum(found[outcome] for outcome in _OUTCOMES)
        arrival = _arrival(newest.get((organisation, hour)), now)
        yield LedgerEntry(organisation=organisation, hour=hour, received=received, **found, **arrival)


def _newest_by_hour(records: pl.DataFrame) -> dict[tuple[str, datetime], datetime]:
    hours = records.group_by("organisation", hour=pl.col("timestamp").dt.truncate("1h")).agg(pl.col("timestamp").max())
    utc = hours.with_columns(pl.col("hour", "timestamp").dt.replace_time_zone("UTC"))
    return {(organisation, hour): newest for organisation, hour, newest in utc.iter_rows()}


def _arrival(newest: datetime | None, now: datetime) -> dict[str, Any]:
    """When stored records came, and by how much the newest is from the future; nothing when none was stored."""
    return {"arrived_at": now, "ahead": max(0.0, (newest - now).total_seconds())} if newest else {}


def _by_hour(frame: pl.DataFrame, outcome: str) -> pl.DataFrame:
    hours = frame.group_by("organisation", hour=pl.col("timestamp").dt.truncate("1h"))
    return hours.agg(count=pl.len().cast(pl.Int64), outcome=pl.lit(outcome))


def _of_stored(rows: pl.DataFrame, classified: Classified) -> pl.DataFrame:
    return rows.join(classified.records.select("row", "organisation", "timestamp"), on="row", how="inner")


def network_statistics(records: pl.DataFrame) -> Iterator[NetworkStatistic]:
    """Connections and bytes of TCP APIs by minute, from the records with status −1."""
    sums = (
        total(pl.col("details").str.json_path_match(f"$.network.{counter}").cast(pl.Int64, strict=False)).alias(name)
        for name, counter in _NETWORK.items()
    )
    statistics = (
        records.filter(pl.col("status") == -1)
        .group_by("organisation", bucket=pl.col("timestamp").dt.truncate("1m"), api="api_id")
        .agg(pl.len().alias("records"), *sums)
    )
    for row in statistics.iter_rows(named=True):
        yield NetworkStatistic(**row | {"bucket": row["bucket"].replace(tzinfo=UTC)})
