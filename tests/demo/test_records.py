from __future__ import annotations

import msgpack
import pytest

from apps.demo.records import NO_KEY, UNVERSIONED, City, Country, GeoData, GraphQLError, GraphQLStats, Location, Record

#: A keyless GET as the gateway's own library encodes it.
WORKED_EXAMPLE = bytes.fromhex(
    "de0023a64d6574686f64a3474554a4486f7374ae3132372e302e302e313a39303030a450617468a42f676574a752617750617468a4"
    "2f676574ad436f6e74656e744c656e67746800a9557365724167656e74aa6375726c2f382e352e30a344617902a54d6f6e746801a4"
    "59656172cd07eaa4486f757203ac526573706f6e7365436f6465ccc8a64150494b6579a83030303030303030a954696d655374616d"
    "7092ce695735a5ce075bcd15aa41504956657273696f6ead4e6f6e2056657273696f6e6564a74150494e616d65a454657374a54150"
    "494944a461706931a54f72674944a46f726731a74f617574684944a0ab5265717565737454696d650caa52617752657175657374a0"
    "ab526177526573706f6e7365a0a9495041646472657373a93132372e302e302e31a347656f83a7436f756e74727981a749534f436f"
    "6465a0a44369747982a947656f4e616d65494400a54e616d6573c0a84c6f636174696f6e83a84c61746974756465cb000000000000"
    "0000a94c6f6e676974756465cb0000000000000000a854696d655a6f6e65a0a74e6574776f726b84af4f70656e436f6e6e65637469"
    "6f6e7300b0436c6f736564436f6e6e656374696f6e00a74279746573496e00a842797465734f757400a74c6174656e637983a5546f"
    "74616c0ca8557073747265616d0aa74761746577617902a45461677393ac6b65792d3030303030303030a86f72672d6f726731a861"
    "70692d61706931a5416c696173a0a9547261636b50617468c2a8457870697265417492ce69588725ce075bcd15a941706953636865"
    "6d61a0ac4f726967696e616c50617468a92f746573742f676574aa4c697374656e50617468a62f746573742fac4772617068514c53"
    "7461747387a95661726961626c6573a0aa526f6f744669656c6473c0a55479706573c0a64572726f7273c0ad4f7065726174696f6e"
    "5479706500a94861734572726f7273c2a949734772617068514cc2a84d4350537461747384a549734d4350c2ad4a534f4e5250434d"
    "6574686f64a0ad5072696d697469766554797065a0ad5072696d69746976654e616d65a0ae436f6c6c656374696f6e4e616d65a0"
)


def keyless_get() -> Record:
    record = Record(
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
    assert keyless_get().encode() == WORKED_EXAMPLE


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
    record = Record(APIID="a", OrgID="o", APIKey="k")
    record.tag(("pol-p", "team"))
    assert record.Tags == ["pol-p", "team", "key-k", "org-o", "api-a"]
    nameless = Record(APIID="a")
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
    record = Record()
    record.stamp(nanoseconds, 60)
    fields = msgpack.unpackb(record.encode())
    assert (fields["Year"], fields["Month"], fields["Day"], fields["Hour"]) == calendar
    assert fields["TimeStamp"] == time
    assert fields["ExpireAt"] == [time[0] + 60, time[1]]
