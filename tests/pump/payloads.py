"""Payloads as gateways of all releases write them, and as none should.

Fields are given by the names of the wire; what is not given is that of a GET answered with 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import msgspec

from apps.demo.gateway_records import Country, GatewayRecord, GeoData, Latencies

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Number of entries → names a gateway of that age does not know (`docs` of the wire: 2.9 to 5.14).
LAYOUTS: dict[int, tuple[str, ...]] = {
    29: ("ApiSchema", "OriginalPath", "ListenPath", "GraphQLStats", "MCPStats", "CollectionName"),
    30: ("OriginalPath", "ListenPath", "GraphQLStats", "MCPStats", "CollectionName"),
    32: ("OriginalPath", "ListenPath", "MCPStats"),
    33: ("OriginalPath", "ListenPath"),
    35: (),
}


def stamp(moment: datetime, nanoseconds: int = 0) -> list[int]:
    """A time as Go's encoder writes it: whole seconds and nanoseconds."""
    since = moment - _EPOCH
    return [since // timedelta(seconds=1), since.microseconds * 1000 + nanoseconds]


def entries(moment: datetime, **changes: Any) -> dict[str, Any]:
    """The 35 entries of a record in the order of the wire; ``latency`` sets all three of its parts."""
    latency = changes.pop("latency", 12)
    country = changes.pop("country", "")
    record = GatewayRecord(
        Method="GET",
        Host="127.0.0.1:9000",
        Path="/get",
        RawPath="/get",
        ResponseCode=200,
        APIKey="00000000",
        TimeStamp=(0, 0),
        APIVersion="Non Versioned",
        APIName="Test",
        APIID="api1",
        OrgID="org1",
        RequestTime=latency,
        IPAddress="127.0.0.1",
        Geo=GeoData(Country=Country(country)),
        Latency=Latencies(latency, latency // 2, latency - latency // 2),
        OriginalPath="/test/get",
        ListenPath="/test/",
    )
    fields: dict[str, Any] = msgspec.to_builtins(record)
    fields |= {"TimeStamp": stamp(moment), "ExpireAt": stamp(moment + timedelta(days=36500))}
    unknown = changes.keys() - fields.keys()
    if unknown:
        raise ValueError(f"a record has no {', '.join(sorted(unknown))}")
    return fields | changes


def pack(fields: Any) -> bytes:
    """MessagePack of anything."""
    packed: bytes = msgpack.packb(fields)
    return packed


def request(moment: datetime, **changes: Any) -> bytes:
    """One request as a gateway pushes it."""
    return pack(entries(moment, **changes))


def requests(count: int, moment: datetime, **changes: Any) -> list[bytes]:
    """Some requests that differ in nothing but their nanoseconds."""
    return [request(moment, **changes | {"TimeStamp": stamp(moment, number)}) for number in range(count)]


def layout(fields: dict[str, Any], size: int, *, latency_first: bool = False) -> dict[str, Any]:
    """The same record of an older gateway; until 4.0 the latency stood behind the request time."""
    kept = {name: value for name, value in fields.items() if name not in LAYOUTS[size]}
    if size < 32 or latency_first:
        kept["Latency"] = {name: value for name, value in kept["Latency"].items() if name != "Gateway"}
    if not latency_first:
        return kept
    latency = kept.pop("Latency")
    ordered: dict[str, Any] = {}
    for name, value in kept.items():
        ordered[name] = value
        if name == "RequestTime":
            ordered["Latency"] = latency
    return ordered


def with_entry(fields: dict[str, Any], name: str, value: bytes) -> bytes:
    """A record whose last entry has a value that is given in bytes, as odd as one likes."""
    others = {key: value for key, value in fields.items() if key != name}
    return b"\xde" + (len(others) + 1).to_bytes(2) + b"".join(map(_pair, others.items())) + pack(name) + value


def _pair(pair: tuple[str, Any]) -> bytes:
    return pack(pair[0]) + pack(pair[1])


def uptime(moment: datetime, **changes: Any) -> bytes:
    """One uptime result, in the order of the gateway."""
    fields = {
        "URL": "http://127.0.0.1:9000/status/200",
        "RequestTime": 3,
        "ResponseCode": 200,
        "TCPError": False,
        "ServerError": False,
        "Day": moment.day,
        "Month": moment.month,
        "Year": moment.year,
        "Hour": moment.hour,
        "Minute": moment.minute,
        "TimeStamp": stamp(moment),
        "ExpireAt": stamp(moment),
        "APIID": "api1",
        "OrgID": "org1",
    }
    return pack(fields | changes)


def message(*fields: tuple[int, Any]) -> bytes:
    """A protobuf message of (number, value): numbers, texts, bytes, and lists of fields for messages."""
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: int | str | bytes | Sequence[tuple[int, Any]]) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value % (1 << 64))
    content = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else message(*value)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
