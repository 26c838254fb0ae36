"""One slice of a claim, from payloads to the rows of every table. Pure.

Each payload ends in exactly one place: stored, duplicate, rejected or filtered. ``Batch`` holds
them apart, so that the ledger can say so to the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from apps.analytics.models import RejectedRecord

from . import columns, enrich, wire
from .wire import Record, UndecodableError

Reason = RejectedRecord.Reason


@dataclass(frozen=True, slots=True)
class Filters:
    """Whose records are left out on purpose, first match wins; empty lists leave out nothing.

    The names and the order are those of the gateway's own pump.
    """

    skip_api_ids: Sequence[str] = ()
    skip_org_ids: Sequence[str] = ()
    skip_response_codes: Sequence[int] = ()
    api_ids: Sequence[str] = ()
    org_ids: Sequence[str] = ()
    response_codes: Sequence[int] = ()

    def unwanted(self) -> pl.Expr:
        """True for records to leave out."""
        fields = {"api_id": (self.skip_api_ids, self.api_ids), "organisation": (self.skip_org_ids, self.org_ids)}
        skipped = [pl.col(name).is_in(list(skip)) for name, (skip, _) in fields.items() if skip]
        missing = [~pl.col(name).is_in(list(keep)) for name, (_, keep) in fields.items() if keep]
        if self.skip_response_codes:
            skipped.append(pl.col("status").is_in(list(self.skip_response_codes)))
        if self.response_codes:
            missing.append(~pl.col("status").is_in(list(self.response_codes)))
        return pl.any_horizontal(pl.lit(value=False), *skipped, *missing)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a pump treats records: what it adds, leaves out, counts, and which days it can store.

    ``days`` have a partition of raw records, ``minute_days`` one of minute rows.
    """

    days: frozenset[date]
    minute_days: frozenset[date]
    enrichment: enrich.Enrichment = enrich.Enrichment()
    filters: Filters = Filters()
    ignored_tag_prefixes: Sequence[str] = ()
    track_all_paths: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that is not stored, and why; ``detail`` is for people."""

    payload: bytes
    reason: Reason
    detail: str
    organisation: str = ""


@dataclass(slots=True)
class Batch:
    """What is to be committed for one slice.

    The frames have the columns of ``columns.RAW``: ``records`` sorted by id and to be stored,
    ``duplicates`` and ``filtered`` to be counted only. ``payloads`` are all that was read, the
    number of a payload being the ``row`` of its record.
    """

    payloads: Sequence[bytes]
    rules: Rules
    records: pl.DataFrame
    tags: pl.DataFrame
    duplicates: pl.DataFrame
    filtered: pl.DataFrame
    misdated: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)

    def minute_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are young enough for minutes."""
        return self._aggregates(self._young(), "1m")

    def hour_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are too old for minutes."""
        return self._aggregates(~self._young(), "1h")

    def _young(self) -> pl.Expr:
        return pl.col("timestamp").dt.date().is_in(sorted(self.rules.minute_days))

    def _aggregates(self, which: pl.Expr, every: str) -> pl.DataFrame:
        records = self.records.filter(which)
        return columns.aggregates(records, self.tags, every=every, all_paths=self.rules.track_all_paths)

    def only(self, rows: pl.Series) -> None:
        """Keep the records of these row numbers; the others were in the database already."""
        stored = pl.col("row").is_in(rows.implode())
        self.duplicates = pl.concat([self.duplicates, self.records.filter(~stored)])
        self.records = self.records.filter(stored)

    def reject(self, row: int, detail: str) -> None:
        """Take one record out that the database refused."""
        refused = self.records.filter(pl.col("row") == row)
        self.rejected.append(Rejected(self.payloads[row], Reason.REFUSED, detail, refused["organisation"][0]))
        self.records = self.records.filter(pl.col("row") != row)


def prepare(payloads: Sequence[bytes], source: str, rules: Rules) -> Batch:
    """Decode, enrich and sort out the payloads of one slice of the list ``source``."""
    records, rows, rejected = _decoded(payloads, source)
    rules.enrichment.apply(records)
    ids = [columns.record_id(payloads[row], record.TimeStamp) for row, record in zip(rows, records, strict=True)]
    frame = enrich.storable(columns.frame_of(records, ids)).with_columns(row=pl.Series(rows, dtype=pl.UInt32))
    frame = _normalised(frame, rules)
    tags = columns.tag_frame([record.Tags for record in records], rules.ignored_tag_prefixes)
    batch = _sorted_out(frame, tags, payloads, rules)
    batch.rejected = rejected + _out_of_window(batch.misdated, payloads)
    return batch
