"""Protobuf records: the worked example, and what is different on this path."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pump.enrich import open_raw
from apps.pump.records import ZERO_TIME, Latency, Record, UndecodableError
from apps.pump.wire import decode_protobuf
from tests.pump import worked_examples
from tests.pump.payloads import message, stamp

MOMENT = datetime(2026, 11, 21, 10, 20, 30, 123_456, tzinfo=UTC)
SECONDS, NANOSECONDS = stamp(MOMENT)
TIME = (13, [(1, SECONDS), (2, NANOSECONDS)])


def read(*fields: tuple[int, Any]) -> Record:
    """A record of nothing but its time and these fields."""
    return decode_protobuf(message(TIME, *fields))


def test_it_reads_the_worked_example_field_by_field() -> None:
    assert len(worked_examples.PROTOBUF) == 229
    record = decode_protobuf(worked_examples.PROTOBUF)
    assert {name: getattr(record, name) for name in worked_examples.TEXTS} == worked_examples.TEXTS
    assert {name: getattr(record, name) for name in worked_examples.NUMBERS} == worked_examples.NUMBERS
    assert (record.TimeStamp, record.ExpireAt) == (worked_examples.TIME, worked_examples.EXPIRES)
    assert record.Tags == worked_examples.TAGS
    assert record.Latency == Latency(12, 10, 0)
    assert record.Geo.Country.ISOCode == ""


def test_everything_but_the_time_may_be_missing() -> None:
    record = read()
    assert record.TimeStamp == (SECONDS, NANOSECONDS)
    assert record == Record(TimeStamp=record.TimeStamp)


def test_a_time_without_nanoseconds_or_before_1970_is_read() -> None:
    assert decode_protobuf(message((13, [(1, 7)]))).TimeStamp == (7, 0)
    assert decode_protobuf(message((13, b""))).TimeStamp == (0, 0)
    assert decode_protobuf(message((13, [(1, -62_135_596_800)]))).TimeStamp == ZERO_TIME


@pytest.mark.parametrize(
    "payload", [b"", message((1, "host")), message((13, "\x08")), b"\x0a\xff", b"\x07", b"\xde\x00#"]
)
def test_it_says_what_is_wrong(payload: bytes) -> None:
    with pytest.raises(UndecodableError, match=r"no TimeStamp|not a protobuf"):
        decode_protobuf(payload)


def test_invalid_utf8_costs_a_character() -> None:
    assert read((3, b"/\xff/a"), (25, b"t\xc3"), (16, "api1")).Path == "/�/a"


def test_it_reads_negative_numbers() -> None:
    record = read((5, -1), (11, -1))
    assert (record.ContentLength, record.ResponseCode) == (-1, -1)


def test_it_reads_place_network_graphql_and_mcp() -> None:
    latitude = bytes([1 << 3 | 1]) + struct.pack("<d", 51.5)
    geo = [(1, [(1, "GB")]), (2, [(1, [(1, "en"), (2, "London")]), (2, 2643743)]), (3, latitude)]
    graphql = [
        (1, 1),
        (2, [(1, "Query"), (2, [(1, "a"), (1, "b")])]),
        (2, [(1, "Empty"), (2, b"")]),
        (5, "root"),
        (7, "bad"),
    ]
    record = read((23, geo), (24, [(1, 2), (2, 3), (3, 4)]), (32, graphql), (33, [(1, 1), (4, "tool")]))
    assert record.Geo.Country.ISOCode == "GB"
    assert open_raw(record.Geo.City) == {"Names": {"en": "London"}, "GeoNameID": 2643743}
    assert open_raw(record.Geo.Location) == {"Latitude": 51.5}
    assert open_raw(record.Network) == {"OpenConnections": 2, "ClosedConnection": 3, "BytesIn": 4}
    assert open_raw(record.GraphQLStats) == {
        "IsGraphQL": True,
        "Types": {"Query": ["a", "b"], "Empty": []},
        "RootFields": ["root"],
        "Errors": ["bad"],
    }
    assert open_raw(record.MCPStats) == {"IsMCP": True, "PrimitiveName": "tool"}


def test_fields_of_later_gateways_are_skipped() -> None:
    assert read((99, "new"), (100, 5), (30, "Mars/Olympus"), (7, 21), (3, "/a")).Path == "/a"


@given(
    path=st.text(max_size=40),
    tags=st.lists(st.text(max_size=10), max_size=4),
    code=st.integers(-(2**31), 2**31 - 1),
    size=st.integers(-(2**63) + 1, 2**63 - 1),
    seconds=st.integers(-(2**40), 2**40),
    tracked=st.booleans(),
)
def test_what_was_encoded_is_what_is_read(
    path: str, tags: list[str], code: int, size: int, seconds: int, tracked: bool
) -> None:
    times = (13, [(1, seconds), (2, 9)])
    record = decode_protobuf(
        message((3, path), (5, size), (11, code), times, *((25, tag) for tag in tags), (27, int(tracked)))
    )
    assert (record.Path, record.ContentLength, record.ResponseCode) == (path, size, code)
    assert (record.TimeStamp, record.Tags or [], record.TrackPath) == ((seconds, 9), tags, tracked)


def test_the_expiry_a_gateway_gives_by_default_is_read() -> None:
    expiry, _ = stamp(MOMENT + timedelta(days=36500))
    assert read((28, [(1, expiry)])).ExpireAt == (expiry, 0)
