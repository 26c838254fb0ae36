"""What gateways send: a record per request, and the uptime tests. Shapes only, by the names of the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec

#: Seconds and nanoseconds of Go's zero time, which stands for "not set".
ZERO_TIME = (-62_135_596_800, 0)
#: The largest number that a ``bigint`` holds; counters beyond it are no measurements.
LARGEST = 2**63 - 1
#: A number that a ``bigint`` holds. Anything else goes the lenient way, which says what is wrong.
Integer = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
#: Seconds and nanoseconds since 1970.
Time = tuple[Integer, Integer]


#: The largest record that is taken, in bytes: as large as the documents that gateways' own pump can store. A record is
#: copied several times on its way.
MAX_RECORD_BYTES = 16 << 20
#: Bytes of a list or a map that are turned into objects of Python, each of which may take a hundred times its bytes.
MAX_OPENED_BYTES = 256 << 10
#: Tags of a record that is taken; far fewer are kept (``PUMP_MAX_TAGS``).
MAX_TAGS = 1 << 20


class Oversized(bytes):
    """The beginning of a record that is too large to be taken, of ``size`` bytes in all."""

    size: int


class UndecodableError(ValueError):
    """A payload that is no analytics record; the text says what was found instead."""


class Country(msgspec.Struct, gc=False):
    """Where a request came from, as the gateway's GeoIP database told it."""

    ISOCode: str = ""


class Geo(msgspec.Struct, gc=False):
    """Place of a request; city and location stay undecoded, few records have them."""

    Country: Country = msgspec.field(default_factory=Country)
    City: msgspec.Raw = msgspec.Raw()
    Location: msgspec.Raw = msgspec.Raw()


class Latency(msgspec.Struct, gc=False):
    """Milliseconds: whole request, upstream's part, gateway's part (gateways from 5.11)."""

    Total: Integer = 0
    Upstream: Integer = 0
    Gateway: Integer = 0


class Record(msgspec.Struct, gc=False, kw_only=True):
    """One record as it came, by the names of the wire; times are (seconds, nanoseconds).

    In the order gateways write it: the decoder looks for each field where the last one was found.
    Parts that only few records fill stay undecoded (`msgspec.Raw`); :func:`apps.pump.enrich.open_raw` opens them.
    """

    Method: str = ""
    Host: str = ""
    Path: str = ""
    RawPath: str = ""
    ContentLength: Integer = 0
    UserAgent: str = ""
    ResponseCode: Integer = 0
    APIKey: str = ""
    TimeStamp: Time
    APIVersion: str = ""
    APIName: str = ""
    APIID: str = ""
    OrgID: str = ""
    OauthID: str = ""
    RequestTime: Integer = 0
    RawRequest: str = ""
    RawResponse: str = ""
    IPAddress: str = ""
    Geo: Geo = msgspec.field(default_factory=Geo)
    Network: msgspec.Raw = msgspec.Raw()
    Latency: Latency = msgspec.field(default_factory=Latency)
    Tags: Annotated[list[str], msgspec.Meta(max_length=MAX_TAGS)] | None = None
    Alias: str = ""
    TrackPath: bool = False
    ExpireAt: Time = ZERO_TIME
    OriginalPath: str = ""
    ListenPath: str = ""
    GraphQLStats: msgspec.Raw = msgspec.Raw()
    MCPStats: msgspec.Raw = msgspec.Raw()


class Uptime(msgspec.Struct, gc=False):
    """One uptime test of the list ``host-checker:tyk-uptime-analytics`` (always MessagePack)."""

    TimeStamp: Time
    URL: str = ""
    RequestTime: Integer = 0
    ResponseCode: Integer = 0
    TCPError: bool = False
    ServerError: bool = False
    APIID: str = ""
    OrgID: str = ""
