"""A place in each of many MessagePack payloads, moved on in all of them together. Pure.

Reading a value of one payload costs a dozen steps of Python; reading the value that stands at the
same place in thousands of payloads costs a dozen steps of numpy, which holds no lock meanwhile.
https://github.com/msgpack/msgpack/blob/master/spec.md has the formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .records import LARGEST

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Values that are walked through one by one within one value, before its payload is given up.
_MAX_VALUES = 100
_WORD = 8  # bytes

# By the first byte of a value: its bytes up to the content, and the number of bytes that tell its length.
_HEADER, _LENGTH = np.ones(256, np.int64), np.zeros(256, np.int64)
# Its bytes in all, and the values within it; both more by each unit of that length.
_SIZE, _ITEMS = np.ones(256, np.int64), np.zeros(256, np.int64)
_SIZE_BY_LENGTH, _ITEMS_BY_LENGTH = np.zeros(256, np.int64), np.zeros(256, np.int64)


def _fill_tables() -> None:
    _SIZE[0xA0:0xC0] += np.arange(32)  # short texts
    _ITEMS[0x80:0x90], _ITEMS[0x90:0xA0] = 2 * np.arange(16), np.arange(16)  # short maps and lists
    # Floats, numbers without and with sign, extensions of a fixed size behind their type.
    contents = {0xCA: (4, 8), 0xCC: (1, 2, 4, 8), 0xD0: (1, 2, 4, 8), 0xD4: (2, 3, 5, 9, 17)}
    for first, sizes in contents.items():
        _SIZE[first : first + len(sizes)] += sizes
    # Bytes, extensions (one byte more for the type), texts, lists, maps, with a length of 1, 2 or 4 bytes.
    for first, lengths in {0xC4: (1, 2, 4), 0xC7: (1, 2, 4), 0xD9: (1, 2, 4), 0xDC: (2, 4), 0xDE: (2, 4)}.items():
        _LENGTH[first : first + len(lengths)] = lengths
    _HEADER[:] += _LENGTH
    _SIZE[:] += _LENGTH
    _SIZE[0xC7:0xCA] += 1
    _SIZE_BY_LENGTH[[*range(0xC4, 0xCA), *range(0xD9, 0xDC)]] = 1
    _ITEMS_BY_LENGTH[0xDC:0xE0] = 1, 1, 2, 2
    _ITEMS[0xC1] = 1 << 40  # A byte that no value begins with: a value without end.


_fill_tables()


class Span(NamedTuple):
    """Where the content of a value lies in each payload, in bytes from the payload's beginning."""

    start: Numbers
    length: Numbers


class Cursor:
    """Reads the same fields of all ``payloads``, which are in ``valid`` as long as they have them.

    What is read of a payload that is not valid means nothing.
    """

    def __init__(self, payloads: Sequence[bytes]) -> None:
        content = b"".join([*payloads, bytes(_WORD)])
        lengths = np.fromiter(map(len, payloads), np.int64, len(payloads))
        self._content = content
        self._bytes = np.frombuffer(content, np.uint8)
        self._words = np.ndarray(len(content) - _WORD + 1, ">u8", content, strides=(1,))
        self._ends = np.cumsum(lengths)
        self._starts: Numbers = self._ends - lengths
        # Moved forwards only: whoever ends where its payload ends has never been in its neighbour's.
        self._at = self._starts.copy()
        self.valid: Flags = np.ones(len(payloads), np.bool_)

    def end(self) -> None:
        """Expect the end of the payloads."""
        self.valid &= self._at == self._ends

    def expect(self, content: bytes) -> None:
        """Go on behind these very bytes."""
        self.valid &= self._is(content)
        self._at += len(content)

    def skip(self, likely: bytes = b"") -> Span:
        """Go on behind a value of any kind; it goes fastest where the value is the ``likely`` one."""
        before = self._at.copy()
        same = self._is(likely) if likely else np.zeros(len(before), np.bool_)
        self._at += len(likely) * same
        left = np.flatnonzero(~same)
        pending = np.ones(len(left), np.int64)
        for _ in range(_MAX_VALUES):
            if not len(left):
                break
            first, length = self._head(self._at[left])
            self._at[left] += _SIZE[first] + length * _SIZE_BY_LENGTH[first]
            pending += _ITEMS[first] + length * _ITEMS_BY_LENGTH[first] - 1
            left, pending = left[pending > 0], pending[pending > 0]
        self.valid[left] = False
        return Span(before - self._starts, self._at - before)

    def text(self) -> Span:
        """Read a text; whether it is UTF-8 is not looked at."""
        span, valid = self._text(self._at)
        self.valid &= valid
        self._at = span.start + span.length
        return Span(span.start - self._starts, span.length)

    def texts(self) -> tuple[Numbers, Span]:
        """Read a list of texts, or nil for none: the number of the payload of each text, in order, and the text."""
        first, length = self._head(self._at)
        count = _ITEMS[first] + length * _ITEMS_BY_LENGTH[first]
        self.valid &= (first == 0xC0) | (first & 0xF0 == 0x90) | (first == 0xDC)
        self.valid &= count <= _MAX_VALUES
        self._at += _HEADER[first]
        found: list[tuple[Numbers, Numbers, Numbers]] = []
        left = np.flatnonzero(self.valid & (count > 0))
        while len(left):
            span, valid = self._text(self._at[left])
            self.valid[left] &= valid
            self._at[left] = span.start + span.length
            found.append((left, span.start - self._starts[left], span.length))
            left = left[count[left] > len(found)]
        empty = np.zeros(0, np.int64)
        rows, starts, lengths = (np.concatenate(parts) for parts in zip((empty, empty, empty), *found, strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], Span(starts[order], lengths[order])

    def integer(self) -> Numbers:
        """Read a whole number that a ``bigint`` holds."""
        first = self._bytes.take(self._at, mode="clip")
        value = first.view(np.int8).astype(np.int64)
        small = value >= -32
        if not small.all():
            signed = first >= 0xD0
            word = self._words_at(self._at + 1)
            shift = 64 - 8 * np.clip(_SIZE[first] - 1, 1, 8)
            sized = np.where(signed, word.view(np.int64) >> shift, (word >> shift.astype(np.uint64)).view(np.int64))
            known = (first >= 0xCC) & (first <= 0xD3) & (sized >= np.where(signed, -LARGEST, 0))
            self.valid &= small | known
            value = np.where(small, value, sized)
        self._at += _SIZE[first]
        return value

    def boolean(self) -> Flags:
        """Read true or false."""
        first = self._bytes.take(self._at, mode="clip")
        value: Flags = first == 0xC3
        self.valid &= value | (first == 0xC2)
        self._at += 1
        return value

    def _is(self, content: bytes) -> Flags:
        """Where these bytes come next."""
        words = -(-len(content) // _WORD)
        size = words * _WORD
        if len(self._content) < size:
            return np.zeros(len(self._at), np.bool_)
        # Compared in words, eight times as fast as in bytes; the last word may reach beyond what is asked for.
        expected = np.frombuffer(content.ljust(size, b"\0"), np.uint64)
        mask = np.frombuffer((b"\xff" * len(content)).ljust(size, b"\0"), np.uint64)
        last = len(self._content) - size
        everywhere = np.ndarray(last + 1, f"V{size}", self._content, strides=(1,))
        found = everywhere[np.minimum(self._at, last)].view(np.uint64).reshape(-1, words)
        same: Flags = found[:, -1] & mask[-1] == expected[-1]
        for number in range(words - 1):
            same &= found[:, number] == expected[number]
        return same

    def _words_at(self, at: Numbers) -> NDArray[np.uint64]:
        """The eight bytes from each place on, as a number that begins with them."""
        return self._words[np.minimum(at, len(self._words) - 1)].astype(np.uint64)

    def _head(self, at: Numbers) -> tuple[NDArray[np.uint8], Numbers]:
        """The first byte of values, and their length where it is told apart from it, else 0."""
        first = self._bytes.take(at, mode="clip")
        size = _LENGTH[first]
        if not size.any():
            return first, size
        word = self._words_at(at + 1)
        length = word >> (64 - 8 * np.maximum(size, 1)).astype(np.uint64)
        return first, np.where(size > 0, length.astype(np.int64), 0)

    def _text(self, at: Numbers) -> tuple[Span, Flags]:
        """The content of texts, from the beginning of the first payload, and which are texts."""
        first = self._bytes.take(at, mode="clip")
        short = first & 0xE0 == 0xA0
        if short.all():
            return Span(at + 1, (first & 0x1F).astype(np.int64)), short
        first, length = self._head(at)
        length = np.where(short, first & 0x1F, length)
        return Span(at + _HEADER[first], length), short | ((first >= 0xD9) & (first <= 0xDB))
