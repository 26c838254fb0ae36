"""Records that are read together are the same as if each were decoded alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from apps.pump import msgpack_columnar, wire
from apps.pump.columns import Fields, fields_of
from apps.pump.records import Record
from tests.pump.payloads import LAYOUTS, entries, layout, pack, request, stamp, with_entry
from tests.pump.recordings import as_recorded

MOMENT = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
FULL = entries(
    MOMENT,
    country="GB",
    Tags=["key-1", "é", ""],
    UserAgent="x" * 300,
    ContentLength=-1,
    RequestTime=70_000,
    Geo={
        "Country": {"ISOCode": "GB"},
        "City": {"GeoNameID": 2_643_743, "Names": {"en": "London", "de": "London"}},
        "Location": {"Latitude": 51.5, "Longitude": -0.12, "TimeZone": "Europe/London"},
    },
)


def alone(payloads: Sequence[bytes]) -> dict[int, Record]:
    """The records among payloads, each decoded by itself."""
    outcomes = enumerate(wire.decode_all(payloads, "analytics-tyk-system-analytics"))
    return {row: one for row, one in outcomes if isinstance(one, Record)}


def read(payloads: Sequence[bytes]) -> list[int]:
    """The rows that are read together, which are what they would be alone."""
    found, left = msgpack_columnar.read(payloads)
    rows: list[int] = found.fields["row"].to_list()
    assert sorted(rows + left) == list(range(len(payloads)))
    records = alone(payloads)
    assert set(rows) <= records.keys()
    expected = fields_of({row: records[row] for row in rows})
    assert_same(found, expected)
    return rows


def assert_same(found: Fields, expected: Fields) -> None:
    for one, other in zip(found, expected, strict=True):
        assert_frame_equal(one, other)


@pytest.mark.parametrize("name", ["main", "normalised", "raw-keys", "shards", "tcp", "volume"])
def test_recorded_lists_are_read_as_if_alone(name: str) -> None:
    payloads = list(as_recorded(f"gateway-{name}"))
    assert len(read(payloads)) > len(payloads) * 0.9


@pytest.mark.parametrize("size", LAYOUTS)
def test_every_release_of_the_gateway_is_read(size: int) -> None:
    assert read([pack(layout(FULL, size)), pack(layout(entries(MOMENT), size))]) == [0, 1]


def test_releases_side_by_side_are_read_each_in_its_order() -> None:
    fields = entries(MOMENT)
    mixed = [pack(layout(fields, 35)), pack(layout(fields, 30)), pack(layout(fields, 29, latency_first=True))]
    assert sorted(read(list(islice(cycle(mixed), 20)))) == list(range(20))


@pytest.mark.parametrize("changed", [{"Geo": {}}, {"Latency": {"Total": 3}}, {"CollectionName": list(range(101))}])
def test_a_record_that_is_laid_out_otherwise_is_read_by_itself(changed: dict[str, Any]) -> None:
    assert read([request(MOMENT), pack(entries(MOMENT) | changed), request(MOMENT)]) == [0, 2, 1]


def test_an_odd_first_record_does_not_keep_the_others() -> None:
    assert read([b"\xc1", request(MOMENT, Path=b"\xff"), *[request(MOMENT)] * 3]) == [2, 3, 4]


def test_nothing_is_read_of_what_is_no_record() -> None:
    assert read([]) == []
    assert read([b"", b"\x80", b"\x01", b"\x81\xa4Path", pack({"Path": "/"}), pack([1, 2])]) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"Path": "é" * 40_000},
        {"Path": "\0"},
        {"RawRequest": "A" * 70_000},
        {"Tags": None},
        {"Tags": []},
        {"Tags": [str(number) for number in range(100)]},
        {"ContentLength": 2**63 - 1},
        {"ContentLength": -(2**63 - 1)},
        {"ResponseCode": -1},
        {"TimeStamp": [-1, 999_999_999]},
        {"ExpireAt": [2**40, 0]},
        {"TrackPath": True},
        {"CollectionName": {"a": [1, None, 2.5, b"x", {"b": "c" * 300}]}},
        {"Day": "a" * 70_000},
        {"MCPStats": {"IsMCP": True, "PrimitiveName": "x"}},
        {"GraphQLStats": None},
    ],
)
def test_whatever_a_gateway_may_write_is_read(changed: dict[str, Any]) -> None:
    assert read([request(MOMENT), pack(entries(MOMENT) | changed), request(MOMENT)]) == [0, 1, 2]
    assert read([pack(entries(MOMENT) | changed), request(MOMENT)]) == [0, 1]


@pytest.mark.parametrize(
    "changed",
    [
        {"Path": b"/bytes"},
        {"Path": None},
        {"Path": 7},
        {"UserAgent": b"\xff"},
        {"Tags": [b"x"]},
        {"Tags": [None]},
        {"Tags": "x"},
        {"Tags": ["x"] * 101},
        {"ContentLength": 2**63},
        {"ContentLength": -(2**63)},
        {"ContentLength": 1.0},
        {"ResponseCode": "200"},
        {"TrackPath": 1},
        {"TimeStamp": stamp(MOMENT)[:1]},
        {"TimeStamp": [*stamp(MOMENT), 1]},
        {"TimeStamp": None},
        {"Latency": None},
    ],
)
def test_what_is_odd_is_left_and_costs_no_neighbour(changed: dict[str, Any]) -> None:
    assert read([request(MOMENT), pack(entries(MOMENT) | changed), request(MOMENT)]) == [0, 2]


@pytest.mark.parametrize("text", [b"\xa3a\xffb", b"\xd9\x20" + b"a" * 31 + b"\xc3"])
def test_a_text_that_is_not_utf8_is_left(text: bytes) -> None:
    odd = with_entry(entries(MOMENT), "Path", text)
    assert read([odd, odd, request(MOMENT)]) == [2]
    tags = with_entry(entries(MOMENT), "Tags", b"\x91" + text)
    alike = with_entry(entries(MOMENT), "Tags", b"\x91\xa1a")
    assert read([alike, tags, alike]) == [0, 2]


@pytest.mark.parametrize("end", [b"\xc0", b"\xa1", b"\xdb\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc1" * 8])
def test_a_record_never_reaches_into_its_neighbour(end: bytes) -> None:
    whole = request(MOMENT)
    assert read([whole, whole + end, whole[:-1] + end, whole[:-1], whole]) in ([0, 4], [0, 2, 4])


def test_a_field_that_is_there_twice_is_left_to_the_decoder() -> None:
    country, city = pack({"Country": {"ISOCode": "GB"}}), pack({"City": {"GeoNameID": 7}})
    for again in (b"\xa4Path\xa1x", b"\xa3Geo" + country, b"\xa3Geo" + city):
        twice = b"\xde\x00\x24" + pack(entries(MOMENT))[3:] + again
        assert read([twice, twice]) == []


@pytest.mark.parametrize("strange", [{"x" * 600: 1}, dict.fromkeys(map(str, range(66)))])
def test_a_strange_first_record_costs_the_others_nothing(strange: dict[str, Any]) -> None:
    assert read([pack(entries(MOMENT) | strange), *[request(MOMENT)] * 3]) == [1, 2, 3]
    assert read([pack(entries(MOMENT) | {"CollectionName": "x" * 1_000_000}), request(MOMENT)]) == [0, 1]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=40) | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(FULL)), values, max_size=3), min_size=1, max_size=5))
def test_any_value_in_any_field_is_read_as_if_alone(changes: list[dict[str, Any]]) -> None:
    read([pack(FULL | changed) for changed in changes] + [pack(FULL)])


@given(st.data())
def test_damaged_bytes_are_read_as_if_alone(data: st.DataObject) -> None:
    whole = pack(FULL)
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    read([whole, bytes(damaged), whole[:cut], whole[cut:], bytes(damaged[:cut]) + whole[cut:], whole])
    read([bytes(damaged), bytes(damaged), whole])
