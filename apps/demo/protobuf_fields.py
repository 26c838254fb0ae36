"""Finds values inside a protobuf record without decoding it, so that they can be replaced in place.

A value's slice is its length and its content, without the tag before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.demo.byte_spans import NANOSECONDS, ByteSpan, UnreadablePayload

#: Numbers of the fields in the gateway's ``AnalyticsRecord`` message.
NUMBERS = {"TimeStamp": 13, "OrgID": 17, "ExpireAt": 28}

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_WRAP = 1 << 64


def find(payload: bytes, names: Iterable[str]) -> dict[str, ByteSpan]:
    """Where the values of some top-level fields stand; a field that is missing is left out.

    Raises :class:`~apps.demo.byte_spans.UnreadablePayload` for anything but whole fields.
    """
    wanted = {NUMBERS[name]: name for name in names}
    return {wanted[number]: span for number, kind, span in _fields(payload) if number in wanted and kind == _LENGTH}


def read_time(value: bytes) -> int:
    """Nanoseconds since 1970 of a ``google.protobuf.Timestamp`` with its length before it."""
    _, start = _read_varint(value, 0)
    parts = {1: 0, 2: 0}
    for number, _, span in _fields(value[start:]):
        parts[number] = _signed(_read_varint(value, start + span.start)[0])
    return parts[1] * NANOSECONDS + parts[2]


def write_time(nanoseconds: int) -> bytes:
    """A ``google.protobuf.Timestamp`` with its length before it; parts that are 0 are left out."""
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    parts = ((b"\x08", seconds), (b"\x10", rest))
    content = b"".join(tag + _varint(part) for tag, part in parts if part)
    return _varint(len(content)) + content


def write_text(text: str) -> bytes:
    """The bytes of a string with its length before it."""
    content = text.encode()
    return _varint(len(content)) + content


def _fields(payload: bytes) -> Iterator[tuple[int, int, ByteSpan]]:
    """Number, wire type and slice of every field, in the order of the bytes."""
    at = 0
    while at < len(payload):
        tag, start = _read_varint(payload, at)
        at = _after(payload, start, tag & 7)
        if at > len(payload):
            raise UnreadablePayload("the payload ends inside a field")
        yield tag >> 3, tag & 7, ByteSpan(start, at)


def _after(payload: bytes, start: int, kind: int) -> int:
    if kind == _VARINT:
        return _read_varint(payload, start)[1]
    if kind == _LENGTH:
        length, content = _read_varint(payload, start)
        return content + length
    if kind in (_EIGHT_BYTES, _FOUR_BYTES):
        return start + (8 if kind == _EIGHT_BYTES else 4)
    raise UnreadablePayload(f"protobuf has no wire type {kind}")


def _read_varint(payload: bytes, at: int) -> tuple[int, int]:
    """A variable-length number and the offset behind it."""
    number = shift = 0
    while at < len(payload) and shift < 70:
        number |= (payload[at] & 0x7F) << shift
        if payload[at] < 0x80:
            return number, at + 1
        at, shift = at + 1, shift + 7
    raise UnreadablePayload("the payload ends inside a number")


def _varint(number: int) -> bytes:
    """A variable-length number; negative ones as two's complement of 64 bits."""
    number %= _WRAP
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _signed(number: int) -> int:
    return number - _WRAP if number >= _WRAP // 2 else number
