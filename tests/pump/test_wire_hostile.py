"""Whatever lies in a list, a decoder answers with a record or says why not, and the pump goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.pump import wire
from apps.pump.config import PumpConfig
from apps.pump.records import Country, Geo, Latency, Record, UndecodableError
from apps.pump.slices import decode_and_classify
from apps.pump.store import ledger_entries, network_statistics
from tests.examples import examples
from tests.pump import worked_examples
from tests.pump.payloads import entries, message, pack, request, with_entry

MOMENT = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
SOURCE = "analytics-tyk-system-analytics"
CONFIG = PumpConfig(days=frozenset([MOMENT.date()]), minute_days=frozenset([MOMENT.date()]))
DECODERS = [wire.decode, wire.decode_protobuf, wire.decode_uptime]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(scalars.filter(lambda key: key == key), inner, max_size=3)
    ),
    max_leaves=6,
)


def outcome(payload: bytes, source: str = SOURCE) -> tuple[int, int]:
    """Records and rejected payloads when one payload goes all the way to the rows."""
    found = decode_and_classify([payload], source, CONFIG)
    # That is the last resort, for what nobody thought of.
    assert not any("cannot be prepared" in one.detail for one in found.rejected)
    list(ledger_entries(found, MOMENT))
    list(network_statistics(found.records))
    found.minute_rows()
    return found.records.height, len(found.rejected)


@pytest.mark.parametrize("decode", DECODERS)
@given(payload=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_record_or_undecodable(decode: Any, payload: bytes) -> None:
    try:
        decode(payload)
    except UndecodableError as error:
        assert str(error)  # noqa: PT017 - what it says is the point


@pytest.mark.parametrize(
    ("decode", "example"),
    [(wire.decode, worked_examples.MSGPACK), (wire.decode_protobuf, worked_examples.PROTOBUF)],
    ids=["msgpack", "protobuf"],
)
@settings(max_examples=examples(50))
@given(data=st.data())
def test_a_damaged_record_is_a_record_or_undecodable(decode: Any, example: bytes, data: st.DataObject) -> None:
    payload = bytearray(example)
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    suffix = "_protobuf" if decode is wire.decode_protobuf else ""
    assert sum(outcome(bytes(payload), SOURCE + suffix)) in (0, 1)


@settings(max_examples=examples(50))
@given(name=st.sampled_from(list(entries(MOMENT))), value=anything)
def test_a_field_of_any_kind_goes_through_or_is_rejected(name: str, value: Any) -> None:
    assert sum(outcome(request(MOMENT, **{name: value}))) == 1


@settings(max_examples=examples(50))
@given(part=st.sampled_from(["City", "Location", "Country"]), value=anything, inner=st.text(max_size=4))
def test_a_part_of_any_kind_goes_through_or_is_rejected(part: str, value: Any, inner: str) -> None:
    geo = {"Country": {"ISOCode": "GB"}, part: value}
    graphql = {"IsGraphQL": True, inner: value}
    network = {"BytesIn": value, "BytesOut": 5}
    payload = request(MOMENT, Geo=geo, GraphQLStats=graphql, Network=network, ResponseCode=-1)
    assert sum(outcome(payload)) == 1


@pytest.mark.parametrize("name", ["Network", "Geo", "Tags", "Unknown", "TimeStamp", "Path"])
@pytest.mark.parametrize("depth", [200, 1_000, 100_000])
def test_it_survives_deep_nesting(name: str, depth: int) -> None:
    assert sum(outcome(with_entry(entries(MOMENT), name, b"\x91" * depth + b"\xc0"))) == 1


@pytest.mark.parametrize("header", [b"\xdd\x7f\xff\xff\xff", b"\xdf\x3f\xff\xff\xff", b"\xdb\x7f\xff\xff\xff"])
@pytest.mark.parametrize("name", ["Tags", "Network", "Path", "Unknown"])
def test_a_size_it_only_claims_costs_no_memory(name: str, header: bytes) -> None:
    with pytest.raises(UndecodableError):
        wire.decode(with_entry(entries(MOMENT), name, header))


def test_keys_that_json_does_not_have_are_no_obstacle() -> None:
    odd = (
        b"\x84" + pack("IsMCP") + b"\xc3" + pack(b"\xff") + b"\x01" + b"\x91\x01\x02" + b"\xd6\xff\x00\x00\x00\x01\x03"
    )
    assert sum(outcome(with_entry(entries(MOMENT), "MCPStats", odd))) == 1


def test_protobuf_nested_without_end_is_undecodable() -> None:
    nested = b""
    for _ in range(500):
        nested = message((23, nested))
    assert outcome(nested, f"{SOURCE}_protobuf") == (0, 1)


times = st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 999_999_999))
texts = st.text(max_size=30)
numbers = st.integers(-(2**63) + 1, 2**63 - 1)


@given(
    st.builds(
        Record,
        TimeStamp=times,
        ExpireAt=times,
        Method=texts,
        Path=texts,
        OrgID=texts,
        ContentLength=numbers,
        ResponseCode=numbers,
        Latency=st.builds(Latency, numbers, numbers, numbers),
        Geo=st.builds(Geo, st.builds(Country, texts)),
        Tags=st.lists(texts, max_size=4),
        TrackPath=st.booleans(),
    )
)
def test_what_was_encoded_is_what_is_read(record: Record) -> None:
    fields = {name: getattr(record, name) for name in Record.__struct_fields__}
    plain = {name: value for name, value in fields.items() if not isinstance(value, msgspec.Raw)}
    plain["Geo"] = {"Country": {"ISOCode": record.Geo.Country.ISOCode}}
    found = wire.decode(msgspec.msgpack.encode(plain))
    assert {name: getattr(found, name) for name in plain if name != "Geo"} == {
        name: value for name, value in plain.items() if name != "Geo"
    }
    assert found.Geo.Country == record.Geo.Country


@settings(max_examples=examples(50))
@given(st.integers(-62_135_510_400, 253_402_214_400), st.integers(0, 999_999_999))
def test_any_time_of_the_calendar_finds_its_day(seconds: int, nanoseconds: int) -> None:
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    config = PumpConfig(days=frozenset([time.date()]), minute_days=frozenset())
    found = decode_and_classify([request(MOMENT, TimeStamp=[seconds, nanoseconds])], SOURCE, config)
    assert found.records["timestamp"].to_list() == [time.replace(tzinfo=None)]
