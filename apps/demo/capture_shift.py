"""Shifts recorded records to another time or another organisation, byte for byte the same otherwise.

A record is later by some nanoseconds in its own time and in that of its expiry. Its hour, day,
month and year and its tag ``org-…`` stay as recorded: they are text of the recording, and no
chart is drawn from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from apps.demo import msgpack_fields, protobuf_fields
from apps.demo.byte_spans import NANOSECONDS, ByteSpan, UnreadablePayload, replace
from apps.demo.captures import CaptureError, RecordedList

SHIFTED_FIELDS = ("TimeStamp", "ExpireAt")
#: The gateway's time for "none": the start of year 1. It is no moment, so it stays.
UNSET = -62_135_596_800 * NANOSECONDS


class Encoding(Protocol):
    """How one serialiser of the gateway writes the values that are shifted."""

    def find(self, payload: bytes, names: Iterable[str]) -> dict[str, ByteSpan]:
        """Where some fields' values stand."""

    def read_time(self, value: bytes) -> int:
        """Nanoseconds since 1970 of a time's bytes."""

    def write_time(self, nanoseconds: int) -> bytes:
        """The bytes of a time."""

    def write_text(self, text: str) -> bytes:
        """The bytes of a string."""


def encoding_of(name: str) -> Encoding:
    """The encoding of a list, which only its name tells."""
    return protobuf_fields if name.endswith("_protobuf") else msgpack_fields


def last_time(lists: Iterable[RecordedList]) -> int:
    """When the last record of all was made, in nanoseconds since 1970."""
    times = [time for recorded in lists for time in _timestamps(recorded)]
    if not times:
        raise CaptureError("no record of the capture has a time")
    return max(times)


def shifted(recorded: RecordedList, nanoseconds: int = 0, organisation: str = "") -> Iterator[bytes]:
    """The records of a list, later by some nanoseconds and, if one is named, of an organisation.

    Without either they are passed on unread. Raises
    :class:`~apps.demo.captures.CaptureError` with the number of a record that cannot be read.
    """
    encoding = encoding_of(recorded.name)
    if not (nanoseconds or organisation):
        yield from recorded.payloads
        return
    for number, payload in enumerate(recorded.payloads, start=1):
        try:
            yield shift_record(payload, encoding, nanoseconds, organisation)
        except UnreadablePayload as reason:
            raise CaptureError(f"record {number} of {recorded.name}: {reason}") from reason


def shift_record(payload: bytes, encoding: Encoding, nanoseconds: int = 0, organisation: str = "") -> bytes:
    """One record, later by some nanoseconds and, if one is named, of an organisation."""
    replacements: dict[ByteSpan, bytes] = {}
    names = (*SHIFTED_FIELDS, "OrgID") if organisation else SHIFTED_FIELDS
    for name, span in encoding.find(payload, names).items():
        if name == "OrgID":
            replacements[span] = encoding.write_text(organisation)
        else:
            replacements[span] = _later(payload[slice(*span)], encoding, nanoseconds)
    return replace(payload, replacements)


def _later(value: bytes, encoding: Encoding, nanoseconds: int) -> bytes:
    time = encoding.read_time(value)
    return value if time == UNSET else encoding.write_time(time + nanoseconds)


def _timestamps(recorded: RecordedList) -> Iterator[int]:
    encoding = encoding_of(recorded.name)
    for number, payload in enumerate(recorded.payloads, start=1):
        try:
            if span := encoding.find(payload, ["TimeStamp"]).get("TimeStamp"):
                yield encoding.read_time(payload[slice(*span)])
        except UnreadablePayload as reason:
            raise CaptureError(f"record {number} of {recorded.name}: {reason}") from reason
