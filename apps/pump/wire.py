"""Bytes of a Redis list to records: MessagePack and protobuf, strict and fast, then lenient.

Gateways encode a record as a MessagePack map with the names of Go's struct fields (29 to 35
entries, by release) or as the protobuf message ``AnalyticsRecord`` (proto3, lists that end in
``_protobuf``). Fields are looked up by name, unknown ones skipped, missing and nil ones empty.
Pure: no settings, no database, no Redis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from . import lenient, protobuf
from .records import MAX_RECORD_BYTES, Oversized, Record, UndecodableError, Uptime

#: Only the suffix of a list's name tells the encodings apart.
PROTOBUF_SUFFIX = "_protobuf"
_record_decoder = msgspec.msgpack.Decoder(Record)
_uptime_decoder = msgspec.msgpack.Decoder(Uptime)
#: What the strict decoder raises; values nested without end among it, with which anyone could end a run.
_STRICT_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
#: Payloads that are decoded at one go; an odd one among them sends only these the careful way.
_CHUNK = 500


def decode_all(payloads: Sequence[bytes], source: str) -> list[Record | UndecodableError]:
    """The record of each payload of the list ``source``, or why it is none."""
    if source.endswith(PROTOBUF_SUFFIX):
        return [_outcome(decode_protobuf, payload) for payload in payloads]
    outcomes: list[Record | UndecodableError] = []
    for at in range(0, len(payloads), _CHUNK):
        some = payloads[at : at + _CHUNK]
        try:
            outcomes += list(map(_record_decoder.decode, some))
        except _STRICT_ERRORS:
            outcomes += [_outcome(decode, payload) for payload in some]
    return outcomes


def _outcome(decode: Callable[[bytes], Record], payload: bytes) -> Record | UndecodableError:
    try:
        if isinstance(payload, Oversized):
            raise _too_large(payload)
        return decode(payload)
    except UndecodableError as error:
        return error


def _too_large(payload: Oversized) -> UndecodableError:
    return UndecodableError(
        f"{payload.size:,} bytes are more than the {MAX_RECORD_BYTES:,} of the largest record; its beginning is kept"
    )


def decode(payload: bytes) -> Record:
    """A MessagePack record.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    try:
        return _record_decoder.decode(payload)
    except _STRICT_ERRORS:
        return lenient.build(Record, lenient.unpack_map(payload))


def decode_uptime(payload: bytes) -> Uptime:
    """An uptime record.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    if isinstance(payload, Oversized):
        raise _too_large(payload)
    try:
        return _uptime_decoder.decode(payload)
    except _STRICT_ERRORS:
        return lenient.build(Uptime, lenient.unpack_map(payload))


def decode_protobuf(payload: bytes) -> Record:
    """A protobuf record, turned into the same shape as the MessagePack one.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    try:
        fields = protobuf.fields_of(payload)
    except ValueError as error:
        raise UndecodableError(f"not a protobuf AnalyticsRecord: {error}") from error
    return lenient.build(Record, fields)
