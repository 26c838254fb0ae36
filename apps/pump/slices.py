"""One slice of a claim, from payloads to columns, and what becomes of each payload. Pure.

Records that are laid out alike are read together (``msgpack_columnar``), which holds the GIL for
moments only; the others are objects of Python, one by one (``wire``). Each payload ends in exactly
one place: stored, duplicate, rejected or filtered. ``Classified`` holds them apart, so that the
ledger can say so to the record.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain

import numpy as np
import polars as pl

from apps.analytics import aggregate_rows
from apps.analytics.aggregation import LABEL_FIELDS, MEASURED_FIELDS, aggregate, countable_tags
from apps.analytics.caps import MAX_KEY_BYTES
from apps.analytics.models import RejectedRecord

from . import bounds, capping, columns, enrich, msgpack_columnar, wire
from .columns import FIRST_SECOND, LAST_SECOND, RECORD_COLUMNS, TIME_FIELDS, Fields
from .config import PumpConfig
from .records import Record, UndecodableError

log = logging.getLogger(__name__)

Reason = RejectedRecord.Reason

#: Payloads that are taken apart at a time: what lies beside them meanwhile is bounded, and near the processor.
_PART_RECORDS = 4_500
#: Bytes of a part whose payloads are larger than this on average: they have recorded messages, which are copied more
#: often than the rest of a record.
_SMALL, _PART_BYTES = 1_200, 3 << 20
_SIX_BYTES = 0xFFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Decoded:
    """A slice as columns, in the order of its payloads; ``row`` is the number of a payload.

    ``records`` has ``row`` and the columns of the raw table, ``tags`` those of ``columns.TAG_SCHEMA``,
    both as they came; ``left_out`` are the rows of the tags that are beyond the cap, and in neither, ``cut`` those of
    other fields that are too large to be kept whole.
    ``undecodable`` are the rows that are no records, with the reason, and ``implausible`` those with numbers that
    nothing measured.
    """

    records: pl.DataFrame
    tags: pl.DataFrame
    left_out: pl.DataFrame
    cut: pl.DataFrame
    undecodable: dict[int, str]
    implausible: dict[int, str]


def decode(payloads: Sequence[bytes], source: str, config: PumpConfig) -> Decoded:
    """Decode the payloads of one slice of the list ``source``, add places, and clean recorded messages."""
    average = sum(map(len, payloads)) // max(len(payloads), 1)
    step = _PART_RECORDS if average <= _SMALL else min(_PART_RECORDS, max(_PART_BYTES // average, 1))
    starts = range(0, max(len(payloads), 1), step)
    parts = [_decode_part(payloads[start : start + step], start, source, config) for start in starts]
    frames = zip(*((part.records, part.tags, part.left_out, part.cut) for part in parts), strict=True)
    records, tags, left_out, cut = map(pl.concat, frames)
    undecodable = dict(chain.from_iterable(part.undecodable.items() for part in parts))
    implausible = dict(chain.from_iterable(part.implausible.items() for part in parts))
    return Decoded(records, tags, left_out, cut, undecodable, implausible)


def _decode_part(payloads: Sequence[bytes], start: int, source: str, config: PumpConfig) -> Decoded:
    """A part of a slice; its rows are counted from ``start`` on."""
    found, undecodable = _read(payloads, source)
    sent = found.tags.sort("row", maintain_order=True)
    tags, left_out = capping.cap_tags(sent, config.caps.tags)
    fields = config.enrichment.apply(found.fields.sort("row"))
    details, implausible = enrich.opened_details(fields)
    implausible |= bounds.faults_of_fields(fields)
    records = _raw_rows(fields.with_columns(details), tags, payloads)
    counted = pl.col("row") + pl.lit(start, pl.UInt32)
    frames = records, tags, left_out, enrich.cut_fields(fields)
    records, tags, left_out, cut = (frame.with_columns(counted) for frame in frames)
    undecodable, implausible = ({start + row: why for row, why in one.items()} for one in (undecodable, implausible))
    return Decoded(records, tags, left_out, cut, undecodable, implausible)


def _read(payloads: Sequence[bytes], source: str) -> tuple[Fields, dict[int, str]]:
    """The records among payloads, in any order, and the rows that are no records, with the reason."""
    if source.endswith(wire.PROTOBUF_SUFFIX):
        return _read_one_by_one(payloads, range(len(payloads)), source)
    alike, left = msgpack_columnar.read(payloads)
    if not left:
        return alike, {}
    others, undecodable = _read_one_by_one(payloads, left, source)
    return Fields(*map(pl.concat, zip(alike, others, strict=True))), undecodable


def _read_one_by_one(payloads: Sequence[bytes], rows: Sequence[int], source: str) -> tuple[Fields, dict[int, str]]:
    """The same for the payloads of these rows, each as an object of Python."""
    outcomes = list(zip(rows, wire.decode_all([payloads[row] for row in rows], source), strict=True))
    records = {row: one for row, one in outcomes if isinstance(one, Record)}
    undecodable = {row: str(one) for row, one in outcomes if isinstance(one, UndecodableError)}
    return columns.fields_of(records), undecodable


def _raw_rows(fields: pl.DataFrame, tags: pl.DataFrame, payloads: Sequence[bytes]) -> pl.DataFrame:
    """One row per record with details: the number of its payload, and the columns of the raw table."""
    own = payloads if fields.height == len(payloads) else [payloads[row] for row in fields["row"]]
    ids = _ids(own, fields.select("timestamp_second", "timestamp_nanosecond"))
    added = fields.with_columns(ids, *map(_time, TIME_FIELDS.values()), *enrich.latencies())
    return _with_tags(added, tags).select("row", *RECORD_COLUMNS)


def record_id(payload: bytes, time: tuple[int, int]) -> bytes:
    """16 bytes: the record's millisecond in 6, then a digest of its payload, so a resend collides."""
    millisecond = time[0] * 1000 + time[1] // 1_000_000
    return (millisecond & _SIX_BYTES).to_bytes(6, "big") + sha256(payload).digest()[:10]


def _ids(payloads: Iterable[bytes], times: pl.DataFrame) -> pl.Series:
    """The same for many, in hexadecimal; ``times`` has a column of seconds and one of nanoseconds."""
    second, nanosecond = (column.to_numpy() for column in times)
    # Of a product only six bytes are kept, so six bytes of its factor are enough, and it never is too large.
    millisecond = (second & _SIX_BYTES) * 1000 + nanosecond // 1_000_000
    stamps = millisecond.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    digests = np.frombuffer(b"".join([sha256(payload).digest() for payload in payloads]), np.uint8).reshape(-1, 32)
    written = np.hstack([stamps, digests[:, :10]]).tobytes().hex()
    return pl.Series("id", [written[at : at + 32] for at in range(0, len(written), 32)], dtype=pl.String)


def _time(column: str) -> pl.Expr:
    second = pl.col(f"{column}_second").clip(FIRST_SECOND, LAST_SECOND)
    nanosecond = pl.col(f"{column}_nanosecond").clip(0, 999_999_999)
    return (second * 1_000_000 + nanosecond // 1000).cast(pl.Datetime("us")).alias(column)


def _with_tags(fields: pl.DataFrame, tags: pl.DataFrame) -> pl.DataFrame:
    """Add the tags of each record as PostgreSQL's text form of an array."""
    escaped = pl.col("tag").str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    lists = tags.group_by("row", maintain_order=True).agg(escaped)
    texts = lists.select("row", tags=pl.lit('{"') + pl.col("tag").list.join('","') + pl.lit('"}'))
    return fields.join(texts, on="row", how="left", maintain_order="left").with_columns(pl.col("tags").fill_null("{}"))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that is not stored, and why; ``detail`` is for people."""

    payload: bytes
    reason: Reason
    detail: str
    organisation: str = ""


@dataclass(slots=True)
class Classified:
    """What is to be committed for one slice.

    The frames have the columns of the raw table and ``row``, the number of the payload:
    ``records`` are sorted by id and to be stored, the others only to be counted. ``payloads`` are
    all that was read. ``left_out`` and ``cut`` have the ``row`` of each tag beyond the cap, and of each text that is
    counted or kept by less than it is.
    """

    payloads: Sequence[bytes]
    config: PumpConfig
    records: pl.DataFrame
    tags: pl.DataFrame
    duplicates: pl.DataFrame
    filtered: pl.DataFrame
    left_out: pl.DataFrame
    cut: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)

    def minute_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are young enough for minutes."""
        return self._aggregate(self._young(), "1m")

    def hour_rows(self) -> pl.DataFrame:
        """Aggregate rows of the records that are too old for minutes."""
        return self._aggregate(~self._young(), "1h")

    def _young(self) -> pl.Expr:
        return pl.col("timestamp").dt.date().is_in(sorted(self.config.minute_days))

    def _aggregate(self, which: pl.Expr, every: str) -> pl.DataFrame:
        records = self.records.select(*LABEL_FIELDS, *MEASURED_FIELDS).filter(which)
        if records.is_empty():
            return aggregate_rows.EMPTY
        config = self.config
        return aggregate(records, self.tags, caps=config.caps, every=every, all_paths=config.track_all_paths)

    def mark_resent(self, stored: pl.Series) -> None:
        """Count the records whose id is not among ``stored`` as duplicates: they were in already."""
        new = pl.col("id").is_in(stored.implode())
        self.duplicates = pl.concat([self.duplicates, self.records.filter(~new)])
        self.records = self.records.filter(new)

    def reject_refused(self, refused: dict[str, str]) -> None:
        """Reject the records of these ids, which the database does not take for the reason given."""
        for row, id_, organisation in self.records.select("row", "id", "organisation").iter_rows():
            if id_ in refused:
                self.rejected.append(Rejected(self.payloads[row], Reason.REFUSED, refused[id_], organisation))
        self.records = self.records.filter(~pl.col("id").is_in(list(refused)))


def classify(payloads: Sequence[bytes], decoded: Decoded, config: PumpConfig) -> Classified:
    """Tell what is stored from what is not, name the variable parts of paths, and choose the tags that count."""
    records = enrich.storable(decoded.records).with_columns(config.enrichment.normalised_path())
    sent_tags = enrich.storable(decoded.tags)
    tags = countable_tags(sent_tags, config.ignored_tag_prefixes, config.caps)
    # Every index of the tables begins with the organisation, and an index entry has its limit.
    named = pl.col("organisation").str.len_bytes() <= MAX_KEY_BYTES
    implausible = pl.Series(list(decoded.implausible), dtype=pl.UInt32)
    plausible = ~pl.col("row").is_in(implausible.implode())
    wanted = ~config.filters.unwanted()
    dated = pl.col("timestamp").dt.date().is_in(sorted(config.days))
    # By partition, then in the order of its index: for its right edge, and because drains that meet in
    # resent records must come to them in one order, whether they copy day by day or insert what is new.
    storable = records.filter(named & plausible & wanted & dated).sort(
        pl.col("timestamp").dt.date(), "organisation", "id"
    )
    first = storable.select(pl.struct("organisation", "id").is_first_distinct()).to_series()
    rejected = [
        *(Rejected(payloads[row], Reason.UNDECODABLE, why) for row, why in decoded.undecodable.items()),
        *_unnamed(payloads, records.filter(~named)),
        *_implausible(payloads, records.filter(named & ~plausible), decoded.implausible),
        *_misdated(payloads, records.filter(named & plausible & wanted & ~dated)),
    ]
    filtered = records.filter(named & plausible & ~wanted)
    stored = storable.filter(first)
    cut = pl.concat([decoded.cut, capping.cut_texts(records, sent_tags, config.caps)])
    return Classified(
        payloads, config, stored, tags, storable.filter(~first), filtered, decoded.left_out, cut, rejected
    )


def _unnamed(payloads: Sequence[bytes], records: pl.DataFrame) -> Iterable[Rejected]:
    for row, organisation in records.select("row", "organisation").iter_rows():
        yield Rejected(payloads[row], Reason.REFUSED, f"OrgID: {len(organisation.encode()):,} bytes are no id")


def _implausible(payloads: Sequence[bytes], records: pl.DataFrame, why: dict[int, str]) -> Iterable[Rejected]:
    for row, organisation in records.select("row", "organisation").iter_rows():
        yield Rejected(payloads[row], Reason.IMPLAUSIBLE, why[row], organisation)


def _misdated(payloads: Sequence[bytes], records: pl.DataFrame) -> Iterable[Rejected]:
    for row, time, organisation in records.select("row", "timestamp", "organisation").iter_rows():
        why = f"no partition for {time:%Y-%m-%d %H:%M:%S} UTC"
        yield Rejected(payloads[row], Reason.OUT_OF_WINDOW, why, organisation)


def decode_and_classify(payloads: Sequence[bytes], source: str, config: PumpConfig) -> Classified:
    """Both for the payloads of one slice of the list ``source``; bad ones are rejected."""
    try:
        return _decode_and_classify(payloads, source, config)
    except Exception as error:  # noqa: BLE001 - raised again unless some payloads are at fault
        return classify_without_bad(payloads, source, config, error)


def _decode_and_classify(payloads: Sequence[bytes], source: str, config: PumpConfig) -> Classified:
    return classify(payloads, decode(payloads, source, config), config)


def classify_without_bad(payloads: Sequence[bytes], source: str, config: PumpConfig, error: Exception) -> Classified:
    """Reject the payloads that cause ``error``, which nothing here was made for: their neighbours must not wait.

    Raises:
        Exception: ``error``, when all of them do. Not they are odd, but we: they wait in Redis until we are mended.
    """
    bad = _bisect_bad_payloads(payloads, source, config)
    if 1 < len(payloads) == sum(payload in bad for payload in payloads):
        raise error
    log.error("%d payloads of %s cannot be prepared", len(bad), source, exc_info=error)
    classified = _decode_and_classify([payload for payload in payloads if payload not in bad], source, config)
    found = [payload for payload in payloads if payload in bad]
    classified.rejected += [Rejected(payload, Reason.UNDECODABLE, bad[payload]) for payload in found]
    return classified


def _bisect_bad_payloads(payloads: Sequence[bytes], source: str, config: PumpConfig) -> dict[bytes, str]:
    """Payloads that cannot be prepared and why, found by halving."""
    try:
        _decode_and_classify(payloads, source, config)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this payload's
        if len(payloads) == 1:
            return {payloads[0]: f"cannot be prepared: {type(error).__name__}: {error}"}
        halves = payloads[: len(payloads) // 2], payloads[len(payloads) // 2 :]
        return {payload: why for half in halves for payload, why in _bisect_bad_payloads(half, source, config).items()}
    return {}
