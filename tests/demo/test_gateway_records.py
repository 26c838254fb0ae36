from __future__ import annotations

import msgpack
import pytest

from apps.demo.gateway_records import (
    NO_KEY,
    UNVERSIONED,
    City,
    Country,
    GatewayRecord,
    GeoData,
    GraphQLError,
    GraphQLStats,
    Location,
)
from tests.pump import worked_examples


def keyless_get() -> GatewayRecord:
    record = GatewayRecord(
        Method="GET",
        Host="127.0.0.1:9000",
        Path="/get",
        RawPath="/get",
        UserAgent="curl/8.5.0",
        ResponseCode=200,
        APIKey=NO_KEY,
        APIVersion=UNVERSIONED,
        APIName="Test",
        APIID="api1",
        OrgID="org1",
        IPAddress="127.0.0.1",
        OriginalPath="/test/get",
        ListenPath="/test/",
    )
    record.stamp(1_767_323_045_123_456_789, 86_400)
    record.measure(upstream=10, gateway=2)
    record.tag(())
    return record


def test_it_encodes_a_request_to_the_gateways_bytes() -> None:
    assert keyless_get().encode() == worked_examples.MSGPACK


def test_it_encodes_every_part_that_may_be_filled_as_the_gateway_does() -> None:
    record = keyless_get()
    record.ContentLength = record.ResponseCode = -1
    record.Geo = GeoData(Country("GB"), City(2_643_743, {"en": "London"}), Location(51.5, -0.1, "Europe/London"))
    record.GraphQLStats = GraphQLStats(Types={"Q": ["x", "y"]}, Errors=[GraphQLError("m", ["p", 1])], IsGraphQL=True)
    payload = record.encode()
    assert b"\xadContentLength\xff" in payload
    assert b"\xacResponseCode\xff" in payload
    assert bytes.fromhex("ce0028571f") in payload
    assert b"\xa8Latitude" + bytes.fromhex("cb4049c00000000000") in payload
    assert bytes.fromhex("81a2656ea64c6f6e646f6e") in payload
    assert b"\xa6Errors" + bytes.fromhex("9182") + b"\xa7Message\xa1m\xa4Path\x92\xa1p\x01" in payload
    assert b"\xa5Types" + bytes.fromhex("81a15192a178a179") in payload


def test_it_tags_in_the_gateways_order_and_leaves_out_ids_that_are_missing() -> None:
    record = GatewayRecord(APIID="a", OrgID="o", APIKey="k")
    record.tag(("pol-p", "team"))
    assert record.Tags == ["pol-p", "team", "key-k", "org-o", "api-a"]
    nameless = GatewayRecord(APIID="a")
    nameless.tag(())
    assert nameless.Tags == ["api-a"]


@pytest.mark.parametrize(
    ("nanoseconds", "calendar", "time"),
    [
        (0, (1970, 1, 1, 0), [0, 0]),
        (1_709_251_199_999_999_999, (2024, 2, 29, 23), [1_709_251_199, 999_999_999]),
        (1_709_251_200_000_000_000, (2024, 3, 1, 0), [1_709_251_200, 0]),
    ],
)
def test_it_stamps_the_hour_in_utc(nanoseconds: int, calendar: tuple[int, ...], time: list[int]) -> None:
    record = GatewayRecord()
    record.stamp(nanoseconds, 60)
    fields = msgpack.unpackb(record.encode())
    assert (fields["Year"], fields["Month"], fields["Day"], fields["Hour"]) == calendar
    assert fields["TimeStamp"] == time
    assert fields["ExpireAt"] == [time[0] + 60, time[1]]
