"""MessagePack records: all ages of gateways, and what decoders more lenient than ours let through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgpack
import msgspec
import pytest

from apps.pump import wire
from apps.pump.enrich import open_raw
from apps.pump.records import ZERO_TIME, Latency, Record, UndecodableError, Uptime
from tests.pump import worked_examples
from tests.pump.payloads import LAYOUTS, entries, layout, pack, request, stamp, uptime, with_entry

MOMENT = datetime(2026, 11, 21, 10, 20, 30, 123_456, tzinfo=UTC)
TEXTS = [name for name, kind in Record.__annotations__.items() if kind == "str"]
NUMBERS = [name for name, kind in Record.__annotations__.items() if kind == "Integer"]
PARTS = ["Geo", "Network", "Latency", "GraphQLStats", "MCPStats"]


def values(record: Record) -> dict[str, Any]:
    """A record's fields with the undecoded parts opened, so that they can be compared."""
    return {
        name: open_raw(value) if isinstance(value := getattr(record, name), msgspec.Raw) else value
        for name in Record.__struct_fields__
    }


def test_it_reads_the_worked_example_field_by_field() -> None:
    assert len(worked_examples.MSGPACK) == 794
    record = wire.decode(worked_examples.MSGPACK)
    assert {name: getattr(record, name) for name in worked_examples.TEXTS} == worked_examples.TEXTS
    assert {name: getattr(record, name) for name in worked_examples.NUMBERS} == worked_examples.NUMBERS
    assert record.TimeStamp == worked_examples.TIME
    assert record.ExpireAt == worked_examples.EXPIRES
    assert record.Tags == worked_examples.TAGS
    assert record.TrackPath is False
    assert record.Latency == Latency(12, 10, 2)
    assert record.Geo.Country.ISOCode == ""
    assert open_raw(record.Geo.City) == {"GeoNameID": 0, "Names": None}
    assert open_raw(record.Geo.Location) == {"Latitude": 0.0, "Longitude": 0.0, "TimeZone": ""}
    assert open_raw(record.Network) == dict.fromkeys(("OpenConnections", "ClosedConnection", "BytesIn", "BytesOut"), 0)
    assert open_raw(record.GraphQLStats)["IsGraphQL"] is False
    assert open_raw(record.MCPStats)["IsMCP"] is False


@pytest.mark.parametrize("latency_first", [False, True])
@pytest.mark.parametrize("size", LAYOUTS)
def test_it_reads_the_layouts_of_all_releases(size: int, latency_first: bool) -> None:
    fields = layout(entries(MOMENT, latency=40, Tags=["a"]), size, latency_first=latency_first)
    assert len(fields) == size
    record = wire.decode(pack(fields))
    gateway = 0 if size < 32 or latency_first else 20
    assert record.Latency == Latency(40, 20, gateway)
    assert (record.ResponseCode, record.RequestTime, record.Tags) == (200, 40, ["a"])
    assert record.OriginalPath == ("/test/get" if size == 35 else "")


def test_it_reads_a_city_without_number() -> None:
    geo = {"Country": {"ISOCode": "GB"}, "City": {"Names": {"en": "London"}}, "Location": None}
    record = wire.decode(request(MOMENT, Geo=geo))
    assert record.Geo.Country.ISOCode == "GB"
    assert open_raw(record.Geo.City) == {"Names": {"en": "London"}}


@pytest.mark.parametrize("name", [*TEXTS, *NUMBERS, *PARTS, "Tags", "TrackPath", "ExpireAt"])
def test_nil_and_a_missing_entry_are_the_empty_value(name: str) -> None:
    fields = entries(MOMENT)
    expected = values(Record(TimeStamp=wire.decode(pack(fields)).TimeStamp))[name]
    assert values(wire.decode(pack(fields | {name: None})))[name] == expected
    del fields[name]
    assert values(wire.decode(pack(fields)))[name] == expected


def test_it_reads_a_record_that_is_nil_everywhere() -> None:
    record = wire.decode(pack(dict.fromkeys(entries(MOMENT)) | {"TimeStamp": stamp(MOMENT)}))
    assert values(record) == values(Record(TimeStamp=(1_795_256_430, 123_456_000)))


def test_it_reads_nil_inside_the_parts() -> None:
    geo = {"Country": {"ISOCode": None}, "City": None, "Location": None}
    record = wire.decode(request(MOMENT, Geo=geo, Latency={"Total": None, "Upstream": 3}, Tags=["a", None]))
    assert record.Geo.Country.ISOCode == ""
    assert record.Latency == Latency(0, 3, 0)
    assert record.Tags == ["a", ""]


def test_it_skips_what_it_does_not_know() -> None:
    fields = {"Future": {"a": [1, {"b": None}]}, 7: "number"} | entries(MOMENT) | {"More": b"\xff"}
    fields["Latency"] |= {"Plugin": 4}
    assert values(wire.decode(pack(fields))) == values(wire.decode(request(MOMENT)))


def test_it_reads_an_array_in_order_of_declaration() -> None:
    assert values(wire.decode(pack(list(entries(MOMENT).values())))) == values(wire.decode(request(MOMENT)))


def test_it_reads_bytes_where_text_belongs() -> None:
    record = wire.decode(request(MOMENT, Path=b"/caf\xc3\xa9", Tags=[b"gold"]))
    assert (record.Path, record.Tags) == ("/café", ["gold"])


def test_it_keeps_invalid_utf8_as_replacement_and_nul_as_it_is() -> None:
    broken = with_entry(entries(MOMENT), "Path", b"\xa5/\xff\x00\xc3a")
    assert wire.decode(broken).Path == "/�\x00�a"
    assert wire.decode(broken).APIID == "api1"


def test_it_ignores_what_follows_the_record() -> None:
    assert values(wire.decode(request(MOMENT) + b"\xc1garbage")) == values(wire.decode(request(MOMENT)))


@pytest.mark.parametrize(
    ("moment", "size"),
    [
        (MOMENT.replace(microsecond=0), 6),
        (MOMENT, 10),
        (MOMENT.replace(year=2700), 15),
        (MOMENT.replace(year=1900), 15),
    ],
    ids=["32 bits", "64 bits", "96 bits", "96 bits, before 1970"],
)
def test_it_reads_timestamps_as_extension(moment: datetime, size: int) -> None:
    extension = msgpack.packb(msgpack.Timestamp(*stamp(moment)))
    assert len(extension) == size
    assert list(wire.decode(with_entry(entries(MOMENT), "TimeStamp", extension)).TimeStamp) == stamp(moment)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"\x92\xd3\xff\xff\xff\xf1\x88\x6e\x09\x00\x00", ZERO_TIME),
        (b"\x92\xd1\xff\x00\x05", (-256, 5)),
        (b"\x92\xcf\x00\x00\x00\x01\x25\x4f\x53\xa5\xce\x07\x5b\xcd\x15", (4_920_923_045, 123_456_789)),
        (b"\xdc\x00\x02\x07\x08", (7, 8)),
    ],
    ids=["zero", "negative", "64 bits", "long header"],
)
def test_it_reads_times_of_all_widths(given: bytes, expected: tuple[int, int]) -> None:
    assert wire.decode(with_entry(entries(MOMENT), "TimeStamp", given)).TimeStamp == expected


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "not MessagePack"),
        (b"\xc1", "not MessagePack"),
        (request(MOMENT)[:-30], "not MessagePack"),
        (b"\xc0", "expected a map of fields, found NoneType"),
        (b"{}", "expected a map of fields, found int"),
        (b"\x80", "no TimeStamp"),
        (pack({"Method": "GET"}), "no TimeStamp"),
        (request(MOMENT, TimeStamp=None), "TimeStamp: expected a time, found None"),
        (request(MOMENT, TimeStamp=[1]), r"TimeStamp: expected a time, found \[1\]"),
        (request(MOMENT, TimeStamp=[2**63, 0]), "TimeStamp: expected a whole number"),
        (request(MOMENT, TimeStamp=[0, 2**64 - 1]), "TimeStamp: expected a whole number"),
        (request(MOMENT, RequestTime=2**63), "RequestTime: expected a whole number"),
        (request(MOMENT, RequestTime=1e300), "RequestTime: expected a whole number"),
        (request(MOMENT, RequestTime=1.5), "RequestTime: expected a whole number, found 1.5"),
        (request(MOMENT, Latency={"Total": "x"}), "Latency.Total: expected a whole number, found 'x'"),
        (request(MOMENT, Latency=[1, 2, 3]), "Latency: expected a map, found list"),
        (request(MOMENT, Path=7), "Path: expected a string, found int"),
        (request(MOMENT, Tags=7), "Tags: expected a list, found int"),
        (request(MOMENT, Tags={"a": 1}), "Tags: expected a list, found dict"),
        (request(MOMENT, Tags=[["a"]]), "Tags: expected a string, found list"),
    ],
)
def test_it_says_what_is_wrong(payload: bytes, said: str) -> None:
    with pytest.raises(UndecodableError, match=said):
        wire.decode(payload)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63 - 1), 4.0, True])
def test_it_reads_whole_numbers_in_any_form(value: float) -> None:
    found = wire.decode(request(MOMENT, ContentLength=value)).ContentLength
    assert (found, type(found)) == (value, int)


def test_it_reads_an_uptime_result() -> None:
    result = wire.decode_uptime(uptime(MOMENT, ResponseCode=521, TCPError=True))
    assert result == Uptime(
        (1_795_256_430, 123_456_000), "http://127.0.0.1:9000/status/200", 3, 521, True, False, "api1", "org1"
    )
    assert wire.decode_uptime(uptime(MOMENT, URL=None, TCPError=None)).URL == ""


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x80", uptime(MOMENT, TimeStamp="x"), uptime(MOMENT)[:-3]])
def test_it_refuses_what_is_no_uptime_result(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        wire.decode_uptime(payload)


def test_the_name_of_the_list_tells_the_encoding() -> None:
    payloads = [worked_examples.MSGPACK, worked_examples.PROTOBUF]
    first, second = wire.decode_all(payloads, "analytics-tyk-system-analytics_3")
    assert isinstance(first, Record)
    assert isinstance(second, UndecodableError)
    first, second = wire.decode_all(payloads, "analytics-tyk-system-analytics_3_protobuf")
    assert isinstance(first, UndecodableError)
    assert isinstance(second, Record)


def test_one_odd_payload_costs_no_other(settings: Any) -> None:
    good = [request(MOMENT, APIID=str(number)) for number in range(1200)]
    payloads = [*good[:700], b"\xc1", *good[700:]]
    outcomes = list(wire.decode_all(payloads, "analytics-tyk-system-analytics"))
    assert isinstance(outcomes.pop(700), UndecodableError)
    assert [one.APIID for one in outcomes if isinstance(one, Record)] == [str(number) for number in range(1200)]
