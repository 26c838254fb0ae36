"""The payloads of a slice as columns. Pure.

Records that are laid out alike are read together (``msgpack_columnar``), which holds the GIL for
moments only; the others are objects of Python, one by one (``wire``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from . import columns, msgpack_columnar, wire
from .columns import Fields
from .enrich import Enrichment
from .records import Record, UndecodableError

#: Payloads that are taken apart at a time: what lies beside them meanwhile is bounded, and near the processor.
_PART = 4_500
#: Bytes of a part whose payloads are larger than this on average: they have recorded messages, which are copied more
#: often than the rest of a record.
_ORDINARY, _PART_BYTES = 1_200, 3 << 20


@dataclass(frozen=True, slots=True)
class Decoded:
    """A slice as columns, in the order of its payloads; ``row`` is the number of a payload.

    ``records`` has ``row`` and the columns of ``columns.RAW``, ``tags`` those of ``columns.TAGS``,
    both as they came; ``undecodable`` are the rows that are no records, with the reason.
    """

    records: pl.DataFrame
    tags: pl.DataFrame
    undecodable: list[tuple[int, str]]


def decode(payloads: Sequence[bytes], source: str, enrichment: Enrichment) -> Decoded:
    """Decode the payloads of one slice of the list ``source``, add places, and clean recorded messages."""
    step = _payloads_of_a_part(payloads)
    starts = range(0, max(len(payloads), 1), step)
    parts = [_part(payloads[start : start + step], start, source, enrichment) for start in starts]
    frames, tags, undecodable = zip(*parts, strict=True)
    return Decoded(pl.concat(frames), pl.concat(tags), list(chain(*undecodable)))


def _payloads_of_a_part(payloads: Sequence[bytes]) -> int:
    average = sum(map(len, payloads)) // max(len(payloads), 1)
    return _PART if average <= _ORDINARY else min(_PART, max(_PART_BYTES // average, 1))


def _part(
    payloads: Sequence[bytes], start: int, source: str, enrichment: Enrichment
) -> tuple[pl.DataFrame, pl.DataFrame, list[tuple[int, str]]]:
    """Records and tags as columns, and what is no record. Rows are counted from ``start`` on."""
    found, undecodable = _found(payloads, source)
    fields, tags = found.fields.sort("row"), found.tags.sort("row", maintain_order=True)
    records = columns.raw_rows(enrichment.apply(fields), tags, payloads)
    counted = pl.col("row") + pl.lit(start, pl.UInt32)
    return records.with_columns(counted), tags.with_columns(counted), [(start + row, why) for row, why in undecodable]


def _found(payloads: Sequence[bytes], source: str) -> tuple[Fields, list[tuple[int, str]]]:
    """The records among payloads, in any order, and the rows that are no records, with the reason."""
    if not wire.is_messagepack(source):
        return _one_by_one(payloads, range(len(payloads)), source)
    alike, left = msgpack_columnar.read(payloads)
    if not left:
        return alike, []
    others, undecodable = _one_by_one(payloads, left, source)
    return Fields(*map(pl.concat, zip(alike, others, strict=True))), undecodable


def _one_by_one(payloads: Sequence[bytes], rows: Sequence[int], source: str) -> tuple[Fields, list[tuple[int, str]]]:
    """The same for the payloads of these rows, each as an object of Python."""
    outcomes = list(zip(rows, wire.decode_all([payloads[row] for row in rows], source), strict=True))
    records = {row: one for row, one in outcomes if isinstance(one, Record)}
    undecodable = [(row, str(one)) for row, one in outcomes if isinstance(one, UndecodableError)]
    return columns.fields_of(records), undecodable
