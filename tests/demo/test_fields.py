"""Finding values in payloads, against the libraries that write them."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from apps.demo import msgpack_fields, protobuf_fields
from apps.demo.byte_spans import ByteSpan, UnreadablePayload, replace

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.binary(max_size=40)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
#: Lengths around those at which the width of a length changes.
SIZES = [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]
times = st.integers(-62_135_596_800_000_000_000, 253_402_300_799_999_999_999)


def assert_that_it_finds(fields: dict[str, Any]) -> None:
    payload = msgpack.packb(fields)
    found = msgpack_fields.find(payload, fields)
    assert {name: payload[slice(*span)] for name, span in found.items()} == {
        name: msgpack.packb(value) for name, value in fields.items()
    }


@given(st.dictionaries(st.text(max_size=40), values, max_size=8))
def test_it_finds_every_field_of_a_msgpack_map(fields: dict[str, Any]) -> None:
    assert_that_it_finds(fields)


@pytest.mark.parametrize("size", SIZES)
def test_it_passes_over_values_of_any_size(size: int) -> None:
    large = ["x" * size, b"x" * size, msgpack.ExtType(5, b"x" * size), [0] * size, dict.fromkeys(range(size))]
    assert_that_it_finds({f"field {number}": value for number, value in enumerate(large)} | {"last": 1})


@given(st.binary(max_size=60))
def test_it_reads_or_refuses_any_bytes(payload: bytes) -> None:
    for fields in (msgpack_fields, protobuf_fields):
        try:
            found = fields.find(payload, ["TimeStamp", "OrgID"])
        except UnreadablePayload:
            continue
        assert all(0 <= span.start < span.end <= len(payload) for span in found.values())


@given(times)
def test_it_writes_a_time_as_the_gateway_does(time: int) -> None:
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    assert msgpack_fields.write_time(time) == msgpack.packb([seconds, nanoseconds])
    timestamp = Timestamp(seconds=seconds, nanos=nanoseconds).SerializeToString()
    assert protobuf_fields.write_time(time) == bytes([len(timestamp)]) + timestamp


@given(times)
def test_it_reads_the_time_that_it_wrote(time: int) -> None:
    for fields in (msgpack_fields, protobuf_fields):
        assert fields.read_time(fields.write_time(time)) == time


@pytest.mark.parametrize("value", [None, 7, [1], [1, 2, 3], [1.5, 2], ["1", 2], msgpack.ExtType(-1 % 128, b"1234")])
def test_it_refuses_what_is_no_time(value: Any) -> None:
    with pytest.raises(UnreadablePayload, match="no array of seconds and nanoseconds"):
        msgpack_fields.read_time(msgpack.packb(value))


def test_it_finds_protobuf_fields_between_others_of_every_kind() -> None:
    payload = b"\x09" + b"8bytes!!" + b"\x15" + b"4byt" + b"\x38\x95\x01" + b"\x8a\x01\x04org1" + b"\x72\x01x"
    assert protobuf_fields.find(payload, ["OrgID", "TimeStamp"]) == {"OrgID": ByteSpan(19, 24)}
    assert protobuf_fields.write_text("org1") == payload[19:24]


def test_it_replaces_slices_by_longer_and_shorter_ones() -> None:
    assert replace(b"abcdef", {ByteSpan(4, 5): b"", ByteSpan(1, 2): b"XYZ"}) == b"aXYZcdf"
