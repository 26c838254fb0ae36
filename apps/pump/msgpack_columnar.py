"""Records that are laid out alike, read as columns. Pure.

Gateways of one release write the same fields in the same order, so the layout of the first record
reads nearly all that follow. A record that is not exactly so, or has anything in it that
``wire`` is lenient of, is left to ``wire``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, starmap

import msgpack
import numpy as np
import polars as pl

from . import columns
from .columns import Fields
from .msgpack_reader import Cursor, Flags, Numbers, Span

#: Maps whose fields have columns of their own.
_MAPS = ("Geo", "Geo.Country", "Latency")
#: A time is a list of two numbers.
_TWO_ITEMS = b"\x92"
#: Layouts that are looked for among some payloads: releases that run side by side, and an odd first record.
_MAX_LAYOUTS = 3
#: Fields of a layout, and bytes of what is compared with that of the first record: bound what a strange one costs.
_MAX_FIELDS, _MAX_COMPARED = 100, 512


@dataclass(frozen=True, slots=True)
class LayoutField:
    """A value of a layout: the bytes before it, its name with dots, and what it is in the record the layout is of.

    A long ``sample`` is left out: it is there to be found again in other records.
    """

    before: bytes
    name: str
    sample: bytes


class _UnreadableLayoutError(Exception):
    """Not a record, or one that another decoder may understand otherwise."""


def layout_of(payload: bytes) -> list[LayoutField] | None:
    """The values of a record in their order; None when it is no record that can be read this way."""
    parser = _LayoutParser(payload)
    try:
        parser.parse_map()
    except (ValueError, msgpack.UnpackException, _UnreadableLayoutError):
        return None
    return parser.layout if "TimeStamp" in parser.names else None


class _LayoutParser:
    """Takes the layout off one payload."""

    def __init__(self, payload: bytes) -> None:
        self.layout: list[LayoutField] = []
        self.names: set[str] = set()
        self._payload, self._read = payload, 0
        self._unpacker = msgpack.Unpacker(max_buffer_size=max(1, len(payload)))
        self._unpacker.feed(payload)

    def parse_map(self, prefix: str = "") -> None:
        """Add the values of the map that comes next."""
        for _ in range(self._unpacker.read_map_header()):
            key = self._key()
            # Of a field that is there twice the last one counts, with all that is in it.
            if not isinstance(key, str) or "." in key or prefix + key in self.names or len(self.names) == _MAX_FIELDS:
                raise _UnreadableLayoutError
            self.names.add(prefix + key)
            if prefix + key in _MAPS:
                self.parse_map(f"{prefix}{key}.")
            else:
                self._add(prefix + key)

    def _key(self) -> object:
        """The key that comes next, which may be anything, and of any size."""
        start = self._unpacker.tell()
        self._unpacker.skip()
        key = self._payload[start : self._unpacker.tell()]
        if len(key) > _MAX_COMPARED:
            raise _UnreadableLayoutError
        return msgpack.unpackb(key)

    def _add(self, name: str) -> None:
        start = self._unpacker.tell()
        self._unpacker.skip()
        end = self._unpacker.tell()
        if start - self._read > _MAX_COMPARED:
            raise _UnreadableLayoutError
        sample = self._payload[start:end] if end - start <= _MAX_COMPARED else b""
        self.layout.append(LayoutField(self._payload[self._read : start], name, sample))
        self._read = end


def _no_numbers() -> Numbers:
    return np.zeros(0, np.int64)


def read(payloads: Sequence[bytes]) -> tuple[Fields, list[int]]:
    """The records among ``payloads`` that are laid out alike, and the rows of all others.

    A row is the number of a payload.
    """
    found = [Fields(columns.FIELD_SCHEMA.to_frame(), columns.TAG_SCHEMA.to_frame())]
    left = np.ones(len(payloads), np.bool_)
    first = 0
    for _ in range(_MAX_LAYOUTS):
        rows = first + np.flatnonzero(left[first:])
        if not len(rows):
            break
        if layout := layout_of(payloads[int(rows[0])]):
            found.append(_readable(_read_layout([payloads[row] for row in rows.tolist()], rows, layout)))
            left[found[-1].fields["row"].to_numpy()] = False
        # The first one is read now, or cannot be read this way at all.
        first = int(rows[0]) + 1
    fields, tags = map(pl.concat, zip(*found, strict=True))
    return Fields(fields, tags), np.flatnonzero(left).tolist()


@dataclass(slots=True)
class FieldSpans:
    """Numbers of some payloads, and where their texts and undecoded parts lie, by column.

    ``owners`` are the payloads of the ``tags``. Whatever is not ``valid`` means nothing.
    """

    valid: Flags
    values: dict[str, Numbers | Flags] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    owners: Numbers = field(default_factory=_no_numbers)
    tags: Span = field(default_factory=lambda: Span(_no_numbers(), _no_numbers()))


def _field_spans(payloads: Sequence[bytes], layout: Sequence[LayoutField]) -> FieldSpans:
    cursor = Cursor(payloads)
    found = FieldSpans(cursor.valid)
    for item in layout:
        cursor.expect(item.before)
        if column := columns.TEXT_FIELDS.get(item.name):
            found.spans[column] = cursor.text()
        elif column := columns.NUMBER_FIELDS.get(item.name):
            found.values[column] = cursor.integer()
        elif column := columns.TIME_FIELDS.get(item.name):
            cursor.expect(_TWO_ITEMS)
            found.values[f"{column}_second"] = cursor.integer()
            found.values[f"{column}_nanosecond"] = cursor.integer()
        elif item.name == "TrackPath":
            found.values["tracked"] = cursor.boolean()
        elif item.name == "Tags":
            found.owners, found.tags = cursor.texts()
        else:
            span = cursor.skip(item.sample)
            if column := columns.RAW_FIELDS.get(item.name):
                found.spans[column] = span
    cursor.end()
    return found


def _read_layout(payloads: Sequence[bytes], rows: Numbers, layout: Sequence[LayoutField]) -> Fields:
    """The records that have this layout, and only fields that are in it; texts are bytes that may be none."""
    found = _field_spans(payloads, layout)
    packed = pl.DataFrame([pl.Series("row", rows, dtype=pl.UInt32), pl.Series("payload", payloads, dtype=pl.Binary)])
    valid = pl.Series(found.valid)
    fields = _slice_spans(packed, found.spans).with_columns(starmap(pl.Series, found.values.items())).filter(valid)
    tags = _slice_spans(packed[found.owners], {"tag": found.tags}).filter(valid.gather(found.owners))
    return Fields(fields, tags)


def _slice_spans(packed: pl.DataFrame, spans: dict[str, Span]) -> pl.DataFrame:
    """The row of each payload, and what of it lies in the spans."""
    filled = {name: span for name, span in spans.items() if span.length.any()}
    bounds = [pl.Series(f"{name} {part}", one) for name, span in filled.items() for part, one in span._asdict().items()]
    cuts = {name: pl.col("payload").bin.slice(pl.col(f"{name} start"), pl.col(f"{name} length")) for name in filled}
    return packed.with_columns(bounds).select("row", **dict.fromkeys(spans, pl.lit(b"")) | cuts)


def _readable(records: Fields) -> Fields:
    """All fields, and texts for bytes, of the records whose texts are UTF-8."""
    try:
        return Fields(_with_defaults(records.fields), records.tags.cast(columns.TAG_SCHEMA))
    except pl.exceptions.ComputeError:
        # It does not say whose text is none. These records are rare, and looked for in their own time.
        texts = records.fields.select("row", pl.col(pl.Binary).exclude(columns.RAW_FIELDS.values()))
        rows = chain(texts.iter_rows(), records.tags.iter_rows())
        odd = {row for row, *found in rows if not all(map(_is_utf8, found))}
    return _readable(Fields(*(some.filter(~pl.col("row").is_in(odd)) for some in records)))


def _with_defaults(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields that came as ``columns.FIELD_SCHEMA``.

    Raises:
        polars.exceptions.ComputeError: when bytes are to be a text and are not UTF-8.
    """
    return fields.select(
        (pl.col(name) if name in fields.columns else pl.lit(default)).cast(kind).alias(name)
        for name, (kind, default) in columns.DEFAULTS.items()
    )


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
