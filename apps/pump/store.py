"""One transaction per slice: raw rows, aggregate rows, rejected records, progress and ledger.

The only writer of the traffic's tables besides the roll-up. Rows go in by COPY, straight into
their partition; nothing is ever updated. Either all of a slice is in the database or none of it,
whatever is killed, and a slice that is in cannot be written again: its claim and start are unique.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl
import psycopg
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.analytics import partitions
from apps.analytics.aggregate_rows import COLUMNS
from apps.analytics.models import LedgerEntry, NetworkStatistic, RejectedRecord, Slice
from apps.analytics.pg_copy import copy_in, write_csv

from . import columns, ledger
from .batch import Batch

#: What the database says of one row, as opposed to what it says of itself.
_ROW_ERRORS = (psycopg.DataError, psycopg.IntegrityError)


class AlreadyStoredError(Exception):
    """Another drain committed this slice first; nothing was written."""


@dataclass(frozen=True, slots=True)
class SliceRange:
    """Where a slice lies: records ``start`` to ``stop`` (exclusive) of a claim of the list ``source``."""

    claim: str
    source: str
    start: int
    stop: int


@dataclass(slots=True)
class Rows:
    """A batch as the rows of each table, in the form COPY takes.

    Made outside the transaction, while the slice before commits.
    """

    slice: int
    batch: Batch
    records: list[tuple[str, BytesIO]]
    minutes: pl.DataFrame
    minutes_csv: BytesIO
    hours_csv: BytesIO


def rows_of(batch: Batch, number: int) -> Rows:
    """The rows of a batch as slice ``number``."""
    minutes = batch.minute_rows().with_columns(slice=pl.lit(number, dtype=pl.Int64))
    hours = batch.hour_rows().with_columns(pending=pl.lit("t"))
    return Rows(
        number, batch, list(_by_day(batch.records)), minutes.select("bucket"), write_csv(minutes), write_csv(hours)
    )


def _by_day(records: pl.DataFrame) -> Iterator[tuple[str, BytesIO]]:
    dated = records.select(*columns.RAW, day=pl.col("timestamp").dt.date())
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
        stored = _take(rows, slice_range)
        if not _copied(rows.records):
            rows = _store_what_is_new(rows)
            _count(stored, rows)
            stored.save()
        copy_in("analytics_minute", [*COLUMNS, "slice"], rows.minutes_csv)
        copy_in("analytics_hour", [*COLUMNS, "pending"], rows.hours_csv)
        _account(rows.batch, slice_range)
    return stored


def _take(rows: Rows, slice_range: SliceRange) -> Slice:
    """Make the slice's row first: a drain that holds the same slice waits here, and then gives up."""
    taken = Slice(
        id=rows.slice,
        claim=slice_range.claim,
        source=slice_range.source,
        start=slice_range.start,
        stop=slice_range.stop,
        received=slice_range.stop - slice_range.start,
        committed_at=timezone.now(),
    )
    _count(taken, rows)
    if Slice.objects.filter(claim=slice_range.claim, start__lt=slice_range.stop, stop__gt=slice_range.start).exists():
        raise AlreadyStoredError(f"{slice_range.claim} from {slice_range.start} on, cut differently")
    try:
        with transaction.atomic():
            taken.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyStoredError(f"{slice_range.claim} from {slice_range.start} on") from error
    return taken


def _count(taken: Slice, rows: Rows) -> None:
    batch = rows.batch
    taken.stored = batch.records.height
    taken.duplicates = batch.duplicates.height
    taken.rejected = len(batch.rejected)
    taken.filtered = batch.filtered.height
    taken.minute_rows = rows.minutes.height
    taken.first_bucket, taken.last_bucket = ledger.bounds(rows.minutes, "bucket")
    taken.last_record = ledger.bounds(batch.records, "timestamp")[1]


def _copied(records: Sequence[tuple[str, BytesIO]]) -> bool:
    """COPY raw rows into their partitions; False, and nothing written, when a row was not taken."""
    try:
        with transaction.atomic():
            for partition, data in records:
                copy_in(partition, columns.RAW, data)
    except _ROW_ERRORS:
        return False
    return True


def _store_what_is_new(rows: Rows) -> Rows:
    """The slow path: a resend, or a row the database refuses, is somewhere in the slice."""
    stored, refused = _insert(rows.batch.records)
    rows.batch.refuse(refused)
    rows.batch.keep_new(stored)
    return rows_of(rows.batch, rows.slice)


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
        copy_in("staged", columns.RAW, write_csv(records.select(columns.RAW)))
        cursor.execute(
            "INSERT INTO analytics_record SELECT * FROM staged ON CONFLICT DO NOTHING"
            " RETURNING replace(id::text, '-', '')"
        )
        return pl.Series([id_ for (id_,) in cursor.fetchall()], dtype=pl.String)


def _account(batch: Batch, slice_range: SliceRange) -> None:
    now = timezone.now()
    LedgerEntry.objects.bulk_create(ledger.entries(batch, now))
    NetworkStatistic.objects.bulk_create(ledger.network_statistics(batch.records))
    RejectedRecord.objects.bulk_create(
        RejectedRecord(
            organisation=one.organisation,
            source=slice_range.source,
            reason=one.reason,
            detail=one.detail,
            payload=one.payload,
        )
        for one in batch.rejected
    )
