"""Records as gateway 5.14 writes them, in the shape that is the worst for aggregates.

APIs, keys and paths are drawn evenly, so hardly two records share a row of the finer dimensions.
All constant bytes of a record are encoded once; a record is a join of a dozen pieces.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

import msgspec

ORGANISATION = "5e9d9544a1dcd60001d0ed20"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
#: The gateway keeps records for a hundred years unless it is told otherwise.
EXPIRY = 3_153_600_000  # seconds
NANOSECONDS = 1_000_000_000
_SIZE = 20_000
_pack = msgspec.msgpack.Encoder().encode
_GEO = {
    "Country": {"ISOCode": ""},
    "City": {"GeoNameID": 0, "Names": None},
    "Location": {"Latitude": 0.0, "Longitude": 0.0, "TimeZone": ""},
}
_NETWORK = {"OpenConnections": 0, "ClosedConnection": 0, "BytesIn": 0, "BytesOut": 0}
_GRAPHQL = {
    "Variables": "",
    "RootFields": None,
    "Types": None,
    "Errors": None,
    "OperationType": 0,
    "HasErrors": False,
    "IsGraphQL": False,
}
_MCP = {"IsMCP": False, "JSONRPCMethod": "", "PrimitiveType": "", "PrimitiveName": ""}


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between records, all drawn evenly.

    ``rate`` is records per second of their own time, ``body`` the bytes of each recorded request's
    and response's body (none: nothing was recorded).
    """

    apis: int = 20
    keys: int = 500
    paths: int = 50
    rate: float = 10_000
    body: int = 0
    client_ips: Sequence[str] = ("10.0.0.1",)
    organisations: Sequence[str] = (ORGANISATION,)
    statuses: Sequence[int] = (200,) * 8 + (403, 500)
    seed: int = 1


def batches(count: int, start: datetime, shape: Shape | None = None) -> Iterator[list[bytes]]:
    """``count`` different payloads from ``start`` on, in the order of time, 20,000 at a time."""
    payloads = _payloads(count, int(start.timestamp()), shape or Shape())
    while batch := list(islice(payloads, _SIZE)):
        yield batch


def _payloads(count: int, start: int, shape: Shape) -> Iterator[bytes]:
    draw = Random(shape.seed)
    paths = [_path(f"/v1/resources/{number:02d}/items") for number in range(shape.paths)]
    organisations = list(shape.organisations)
    apis = [_api(number, organisation) for number in range(shape.apis) for organisation in organisations]
    keys = [f"{draw.getrandbits(64):016x}" for _ in range(shape.keys)]
    names = [_key(key) for key in keys]
    tags = [[_tags(key, number, one) for number in range(shape.apis) for one in organisations] for key in keys]
    statuses = [_pack(status) + _pack("APIKey") for status in shape.statuses]
    client_ips = [_pack(address) + _AFTER_ADDRESS for address in shape.client_ips]
    messages = _messages(shape.body)
    latencies = [_latency(milliseconds) for milliseconds in range(2_000)]
    choice, spread, join = draw.random, draw.lognormvariate, b"".join
    day: dict[int, bytes] = {}
    for number in range(count):
        # A few nanoseconds more each: no two records have the same bytes.
        time = start * NANOSECONDS + int(number * NANOSECONDS / shape.rate) // 1000 * 1000 + number % 1000
        second, nanosecond = divmod(time, NANOSECONDS)
        key, api, path = int(choice() * len(keys)), int(choice() * len(apis)), paths[int(choice() * len(paths))]
        total, of_latency = latencies[min(int(spread(3.5, 0.8)) + 1, 1_999)]
        yield join(
            (
                *(_HEAD, path[0], day.get(second) or day.setdefault(second, _date(second))),
                *(statuses[int(choice() * len(statuses))], names[key], _time(second, nanosecond), apis[api]),
                *(total, messages, client_ips[int(choice() * len(client_ips))], of_latency, tags[key][api]),
                *(_time(second + EXPIRY, nanosecond), path[1]),
            )
        )


def _fields(**values: Any) -> bytes:
    return b"".join(_pack(name) + _pack(value) for name, value in values.items())


_HEAD = b"\xde\x00\x23" + _fields(Method="GET", Host="upstream.example.com:9000")
_AFTER_ADDRESS = _fields(Geo=_GEO, Network=_NETWORK)


def _path(path: str) -> tuple[bytes, bytes]:
    """The fields around a path before and after the varying rest."""
    first = _fields(Path=path, RawPath=path, ContentLength=0, UserAgent=AGENT)
    paths = _fields(ApiSchema="", OriginalPath="/api" + path, ListenPath="/api/")
    return first, paths + _fields(GraphQLStats=_GRAPHQL, MCPStats=_MCP, CollectionName="")


def _date(second: int) -> bytes:
    time = datetime.fromtimestamp(second, UTC)
    return _fields(Day=time.day, Month=time.month, Year=time.year, Hour=time.hour) + _pack("ResponseCode")


def _key(key: str) -> bytes:
    return _pack(key) + _pack("TimeStamp")


def _time(seconds: int, nanoseconds: int) -> bytes:
    return _pack((seconds, nanoseconds))


def _api_id(number: int) -> str:
    return f"{number:032x}"


def _api(number: int, organisation: str) -> bytes:
    api = _api_id(number)
    named = _fields(APIVersion="Non Versioned", APIName=f"API {number}", APIID=api, OrgID=organisation, OauthID="")
    return named + _pack("RequestTime")


def _messages(body: int) -> bytes:
    """A recorded request and response, with a header to redact, or none."""
    if not body:
        return _fields(RawRequest="", RawResponse="") + _pack("IPAddress")
    head = f"Content-Type: application/json\r\nContent-Length: {body}\r\n\r\n"
    request = f"POST /v1/resources HTTP/1.1\r\nHost: gateway.example.com\r\nAuthorization: {'0' * 16}\r\n{head}"
    both = (f"{begin}{'x' * body}".encode() for begin in (request, f"HTTP/1.1 200 OK\r\n{head}"))
    sent, answered = (base64.b64encode(message).decode() for message in both)
    return _fields(RawRequest=sent, RawResponse=answered) + _pack("IPAddress")


def _latency(milliseconds: int) -> tuple[bytes, bytes]:
    """The total, and its parts."""
    parts = {"Total": milliseconds, "Upstream": max(milliseconds - 1, 0), "Gateway": 1}
    return _pack(milliseconds), _fields(Latency=parts) + _pack("Tags")


def _tags(key: str, api: int, organisation: str) -> bytes:
    tags = [f"key-{key}", f"org-{organisation}", f"api-{_api_id(api)}"]
    return _pack(tags) + _fields(Alias="", TrackPath=False) + _pack("ExpireAt")
