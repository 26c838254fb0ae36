"""Values of MessagePack are found where they are, in all payloads at once."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pump.msgpack_reader import Cursor, Span
from tests.pump.payloads import pack

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20))
    | st.builds(msgpack.Timestamp, st.integers(0, 2**40), st.integers(0, 999_999_999)),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=4), inner, max_size=20),
    max_leaves=30,
)


def texts(payloads: list[bytes], span: Span) -> list[str]:
    places = zip(payloads, span.start.tolist(), span.length.tolist(), strict=True)
    return [payload[start : start + length].decode() for payload, start, length in places]


@given(st.lists(values, min_size=1, max_size=5), st.data())
def test_it_skips_any_value(given: list[Any], data: st.DataObject) -> None:
    sizes = [len(pack(value)) for value in given]
    cursor = Cursor([pack(value) + b"\x07" for value in given])
    span = cursor.skip(likely=data.draw(st.sampled_from([b"", *map(pack, given)])))
    assert (span.start.tolist(), span.length.tolist()) == ([0] * len(given), sizes)
    assert cursor.integer().tolist() == [7] * len(given)
    cursor.end()
    assert cursor.valid.all()


@pytest.mark.parametrize("size", [15, 16, 31, 32, 255, 256, 65_535, 65_536])
def test_it_skips_values_of_every_length(size: int) -> None:
    few = min(size, 40)
    given = ["x" * size, b"x" * size, msgpack.ExtType(1, b"x" * size), [None] * few, dict.fromkeys(range(few // 2))]
    cursor = Cursor([pack(value) for value in given])
    assert cursor.skip().length.tolist() == [len(pack(value)) for value in given]
    assert cursor.valid.all()


@given(st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1))
def test_it_reads_numbers_that_a_bigint_holds(given: list[int]) -> None:
    cursor = Cursor([pack(number) for number in given])
    found = cursor.integer()
    assert cursor.valid.tolist() == [abs(number) < 2**63 for number in given]
    assert found[cursor.valid].tolist() == [number for number in given if abs(number) < 2**63]


@pytest.mark.parametrize("first", range(0xC0, 0xE0))
def test_it_reads_numbers_and_texts_of_any_width_and_nothing_else(first: int) -> None:
    payload = bytes([first]) + bytes(4) + b"\x01" + bytes(10)
    numbers, strings = Cursor([payload]), Cursor([payload])
    numbers.integer()
    strings.text()
    assert numbers.valid[0] == (0xCC <= first <= 0xD3)
    assert strings.valid[0] == (0xD9 <= first <= 0xDB)


@given(st.lists(st.text() | st.text(min_size=200), min_size=1))
def test_it_reads_texts(given: list[str]) -> None:
    payloads = [pack(text) for text in given]
    cursor = Cursor(payloads)
    assert texts(payloads, cursor.text()) == given
    cursor.end()
    assert cursor.valid.all()


@given(st.lists(st.none() | st.lists(st.text(max_size=40), max_size=40), min_size=1))
def test_it_reads_lists_of_texts_in_their_order(given: list[list[str] | None]) -> None:
    payloads = [pack(some) for some in given]
    cursor = Cursor(payloads)
    owners, span = cursor.texts()
    assert owners.tolist() == [row for row, some in enumerate(given) for _ in some or ()]
    assert texts([payloads[row] for row in owners.tolist()], span) == [text for some in given for text in some or ()]
    cursor.end()
    assert cursor.valid.all()


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 17, 100])
def test_it_expects_bytes_to_the_last(size: int) -> None:
    content = bytes(range(1, size + 1))
    same = [content, content[:-1] + b"\0", b"\0" + content[1:], content + b"x"]
    cursor = Cursor(same)
    cursor.expect(content)
    assert cursor.valid.tolist() == [True, False, False, True]
    cursor.end()
    assert cursor.valid.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    "endless", [b"\xc1", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\x91" * 200 + b"\x01"]
)
def test_a_value_without_end_ends(endless: bytes) -> None:
    cursor = Cursor([b"\x01", endless, b"\x01"])
    cursor.skip()
    cursor.end()
    assert cursor.valid.tolist() == [True, False, True]


def test_there_may_be_nothing_to_read() -> None:
    cursor = Cursor([])
    assert (len(cursor.text().start), len(cursor.integer()), len(cursor.texts()[0])) == (0, 0, 0)
    empty = Cursor([b"", b""])
    empty.expect(b"x" * 50)
    assert not empty.valid.any()
