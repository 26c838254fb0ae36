"""Slices of a payload, and replacing some of them while every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

NANOSECONDS = 1_000_000_000


class UnreadablePayload(ValueError):
    """A payload is not what its list's encoding says."""


class ByteSpan(NamedTuple):
    """A slice of a payload, half open."""

    start: int
    end: int


def replace(payload: bytes, replacements: Mapping[ByteSpan, bytes]) -> bytes:
    """The payload with some slices replaced, which may be of another length."""
    pieces: list[bytes] = []
    kept = 0
    for span in sorted(replacements):
        pieces += (payload[kept : span.start], replacements[span])
        kept = span.end
    return b"".join((*pieces, payload[kept:]))
