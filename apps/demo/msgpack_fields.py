"""Finds values inside a msgpack record without decoding it, so that they can be replaced in place.

Decoding and encoding again would lose what recorded lists are kept for: strings that are no
UTF-8, NUL bytes, the order of the keys and the width of every number.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apps.demo.byte_spans import NANOSECONDS, ByteSpan, UnreadablePayload

#: Whole size of the values whose first byte tells it: small numbers, short strings, nil and
#: booleans, numbers by width, floats, short extensions.
_FIXED = (
    dict.fromkeys((*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3), 1)
    | {0xA0 + length: 1 + length for length in range(32)}
    | {0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
    | {0xCA: 5, 0xCB: 9, 0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18}
)
#: Strings, bytes and extensions: width of their length, and bytes besides length and content.
_SIZED = (
    {0xD9: (1, 1), 0xDA: (2, 1), 0xDB: (4, 1)}
    | {0xC4: (1, 1), 0xC5: (2, 1), 0xC6: (4, 1)}
    | {0xC7: (1, 2), 0xC8: (2, 2), 0xC9: (4, 2)}
)
#: Arrays and maps: width of their count, and values per entry.
_COUNTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def find(payload: bytes, names: Iterable[str]) -> dict[str, ByteSpan]:
    """Where the values of some top-level fields stand; a field that is missing is left out.

    Nothing behind the last of them is looked at. Raises :class:`~apps.demo.byte_spans.UnreadablePayload` for
    anything but a map that is whole so far.
    """
    wanted = {name.encode(): name for name in names}
    found: dict[str, ByteSpan] = {}
    try:
        at, values = _head(payload, 0)
        if values % 2 or not _is_map(payload[0]):
            raise UnreadablePayload("the payload is no msgpack map")
        for _ in range(values // 2):
            start = _after(payload, at)
            end = _after(payload, start)
            if (name := wanted.get(_text(payload, at, start))) is not None:
                found[name] = ByteSpan(start, end)
            at = end
            if len(found) == len(wanted):
                break
    except (IndexError, KeyError) as damage:
        raise UnreadablePayload("the payload is no whole msgpack map") from damage
    if at > len(payload):
        raise UnreadablePayload("the payload ends inside a value")
    return found


def read_time(value: bytes) -> int:
    """Nanoseconds since 1970 of the gateway's time, an array of seconds and nanoseconds."""
    try:
        seconds, nanoseconds = msgspec.msgpack.decode(value, type=tuple[int, int])
    except msgspec.DecodeError as damage:
        raise UnreadablePayload("a time is no array of seconds and nanoseconds") from damage
    return seconds * NANOSECONDS + nanoseconds


def write_time(nanoseconds: int) -> bytes:
    """The gateway's bytes of a time given in nanoseconds since 1970."""
    return msgspec.msgpack.encode(divmod(nanoseconds, NANOSECONDS))


def write_text(text: str) -> bytes:
    """The gateway's bytes of a string."""
    return msgspec.msgpack.encode(text)


def _is_map(code: int) -> bool:
    return 0x80 <= code <= 0x8F or code in (0xDE, 0xDF)


def _text(payload: bytes, start: int, end: int) -> bytes:
    """Content of the string between two offsets; keys of records are shorter than 256 bytes."""
    return payload[start + (2 if payload[start] == 0xD9 else 1) : end]


def _after(payload: bytes, at: int) -> int:
    """The offset behind the value that starts at an offset, with everything inside it."""
    open_values = 1
    while open_values:
        at, inside = _head(payload, at)
        open_values += inside - 1
    return at


def _head(payload: bytes, at: int) -> tuple[int, int]:
    """The offset behind one value's own bytes, and how many values follow that belong to it."""
    code = payload[at]
    if size := _FIXED.get(code):
        return at + size, 0
    if code < 0x90:
        return at + 1, 2 * (code & 0x0F)
    if code < 0xA0:
        return at + 1, code & 0x0F
    if sized := _SIZED.get(code):
        width, besides = sized
        return at + width + besides + int.from_bytes(payload[at + 1 : at + 1 + width]), 0
    width, values = _COUNTED[code]
    return at + 1 + width, values * int.from_bytes(payload[at + 1 : at + 1 + width])
