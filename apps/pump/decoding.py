"""The payloads of a slice as columns: all that needs an object of Python for every record. Pure.

This holds Python's lock nearly all the time, so it bounds how fast a drain is. Whatever polars can
do for all records at once is left to ``batch``, which works beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from . import columns, wire
from .enrich import Enrichment
from .wire import Record, UndecodableError

#: Payloads that are Python objects at a time: few enough for the processor's cache, and the rest is columns.
_PART = 2_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A slice as columns, in the order of its payloads; ``row`` is the number of a payload.

    ``records`` has ``row`` and the columns of ``columns.RAW``, ``tags`` is (row, tag), both as they
    came; ``undecodable`` are the rows that are no records, with the reason.
    """

    records: pl.DataFrame
    tags: pl.DataFrame
    undecodable: list[tuple[int, str]]


def decode(payloads: Sequence[bytes], source: str, enrichment: Enrichment) -> Decoded:
    """Decode the payloads of one slice of the list ``source``, add places, and clean recorded messages."""
    starts = range(0, max(len(payloads), 1), _PART)
    parts = [_part(payloads[start : start + _PART], start, source, enrichment) for start in starts]
    frames, tags, undecodable = zip(*parts, strict=True)
    return Decoded(pl.concat(frames), pl.concat(tags), list(chain(*undecodable)))


def _part(
    payloads: Sequence[bytes], start: int, source: str, enrichment: Enrichment
) -> tuple[pl.DataFrame, pl.DataFrame, list[tuple[int, str]]]:
    """Records and tags as columns, and what is no record. Rows are counted from ``start`` on."""
    outcomes = wire.decode_all(payloads, source)
    rows: Sequence[int] = range(start, start + len(payloads))
    undecodable = [
        (row, str(one)) for row, one in zip(rows, outcomes, strict=True) if isinstance(one, UndecodableError)
    ]
    if undecodable:
        rows = [row for row, one in zip(rows, outcomes, strict=True) if isinstance(one, Record)]
        payloads = [payloads[row - start] for row in rows]
    records = [one for one in outcomes if isinstance(one, Record)]
    enrichment.apply(records)
    ids = [columns.record_id(payload, record.TimeStamp) for payload, record in zip(payloads, records, strict=True)]
    tags = columns.tag_frame(rows, [record.Tags for record in records])
    return columns.frame_of(records, rows, ids), tags, undecodable
