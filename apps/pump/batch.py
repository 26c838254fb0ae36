"""One slice of a claim, from payloads to the rows of every table. Pure.

Each payload ends in exactly one place: stored, duplicate, rejected or filtered. ``Batch`` holds
them apart, so that the ledger can say so to the record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from apps.analytics import aggregate_rows
from apps.analytics.aggregation import MAX_VALUE_BYTES, OTHER_FIELDS, TEXT_FIELDS, aggregate, countable_tags
from apps.analytics.models import RejectedRecord

from . import enrich
from .decoding import Decoded, decode

log = logging.getLogger(__name__)

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
class PumpConfig:
    """How a pump treats records: what it adds, leaves out, counts, and which days it can store.

    ``days`` have a partition of raw records, ``minute_days`` one of minute rows.
    """

    days: frozenset[date]
    minute_days: frozenset[date]
    enrichment: enrich.Enrichment = field(default_factory=enrich.Enrichment)
    filters: Filters = field(default_factory=Filters)
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

    The frames have the columns of ``columns.RAW`` and ``row``, the number of the payload:
    ``records`` are sorted by id and to be stored, the others only to be counted. ``payloads`` are
    all that was read.
    """

    payloads: Sequence[bytes]
    config: PumpConfig
    records: pl.DataFrame
    tags: pl.DataFrame
    duplicates: pl.DataFrame
    filtered: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)

    def minute_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are young enough for minutes."""
        return self._aggregates(self._young(), "1m")

    def hour_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are too old for minutes."""
        return self._aggregates(~self._young(), "1h")

    def _young(self) -> pl.Expr:
        return pl.col("timestamp").dt.date().is_in(sorted(self.config.minute_days))

    def _aggregates(self, which: pl.Expr, every: str) -> pl.DataFrame:
        records = self.records.select(*TEXT_FIELDS, *OTHER_FIELDS).filter(which)
        if records.is_empty():
            return aggregate_rows.EMPTY
        return aggregate(records, self.tags, every=every, all_paths=self.config.track_all_paths)

    def keep_new(self, stored: pl.Series) -> None:
        """Count the records whose id is not among ``stored`` as duplicates: they were in already."""
        new = pl.col("id").is_in(stored.implode())
        self.duplicates = pl.concat([self.duplicates, self.records.filter(~new)])
        self.records = self.records.filter(new)

    def refuse(self, refused: dict[str, str]) -> None:
        """Reject the records of these ids, which the database does not take for the reason given."""
        for row, id_, organisation in self.records.select("row", "id", "organisation").iter_rows():
            if id_ in refused:
                self.rejected.append(Rejected(self.payloads[row], Reason.REFUSED, refused[id_], organisation))
        self.records = self.records.filter(~pl.col("id").is_in(list(refused)))


def prepare(
    payloads: Sequence[bytes], source: str, config: PumpConfig, decoded: Callable[[], Decoded] | None = None
) -> Batch:
    """Decode, enrich and sort out the payloads of one slice of the list ``source``.

    ``decoded`` gives what another thread decoded meanwhile. A payload that nothing here was made
    for is rejected: it must not keep its neighbours waiting.
    """
    try:
        return _classify(payloads, config, decoded()) if decoded else _prepared(payloads, source, config)
    except Exception:
        bad = _bisect_bad_payloads(payloads, source, config)
        if 1 < len(payloads) == sum(payload in bad for payload in payloads):
            # Not they are odd, but we: they wait in Redis until we are mended.
            raise
        log.exception("%d payloads of %s cannot be prepared", len(bad), source)
    batch = _prepared([payload for payload in payloads if payload not in bad], source, config)
    found = [payload for payload in payloads if payload in bad]
    batch.rejected += [Rejected(payload, Reason.UNDECODABLE, bad[payload]) for payload in found]
    return batch


def _bisect_bad_payloads(payloads: Sequence[bytes], source: str, config: PumpConfig) -> dict[bytes, str]:
    """Payloads that cannot be prepared and why, found by halving."""
    try:
        _prepared(payloads, source, config)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this payload's
        if len(payloads) == 1:
            return {payloads[0]: f"cannot be prepared: {type(error).__name__}: {error}"}
        half = len(payloads) // 2
        return _bisect_bad_payloads(payloads[:half], source, config) | _bisect_bad_payloads(
            payloads[half:], source, config
        )
    return {}


def _prepared(payloads: Sequence[bytes], source: str, config: PumpConfig) -> Batch:
    return _classify(payloads, config, decode(payloads, source, config.enrichment))


def _classify(payloads: Sequence[bytes], config: PumpConfig, decoded: Decoded) -> Batch:
    frame = enrich.storable(decoded.records).with_columns(_normalised_path(config.enrichment))
    tags = countable_tags(enrich.storable(decoded.tags), config.ignored_tag_prefixes)
    # Every index of the tables begins with the organisation, and an index entry has its limit.
    named = pl.col("organisation").str.len_bytes() <= MAX_VALUE_BYTES
    wanted = ~config.filters.unwanted()
    dated = pl.col("timestamp").dt.date().is_in(sorted(config.days))
    # By partition, then in the order of its index: for its right edge, and because drains that meet in
    # resent records must come to them in one order, whether they copy day by day or insert what is new.
    storable = frame.filter(named & wanted & dated).sort(pl.col("timestamp").dt.date(), "organisation", "id")
    first = storable.select(pl.struct("organisation", "id").is_first_distinct()).to_series()
    filtered, misdated = frame.filter(named & ~wanted), frame.filter(named & wanted & ~dated)
    rejected = [Rejected(payloads[row], Reason.UNDECODABLE, why) for row, why in decoded.undecodable]
    rejected += [
        Rejected(payloads[row], Reason.REFUSED, f"OrgID: {len(organisation.encode()):,} bytes are no id")
        for row, organisation in frame.filter(~named).select("row", "organisation").iter_rows()
    ]
    rejected += [
        Rejected(payloads[row], Reason.OUT_OF_WINDOW, f"no partition for {time:%Y-%m-%d %H:%M:%S} UTC", organisation)
        for row, time, organisation in misdated.select("row", "timestamp", "organisation").iter_rows()
    ]
    return Batch(payloads, config, storable.filter(first), tags, storable.filter(~first), filtered, rejected)


def _normalised_path(enrichment: enrich.Enrichment) -> pl.Expr:
    """The path with its variable parts named; a tracked endpoint's pattern stays as it is."""
    path = pl.col("path")
    return pl.when("tracked").then(path).otherwise(enrich.normalised(path, enrichment.patterns)).alias("path")
