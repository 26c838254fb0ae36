"""Records as a gateway encodes them: a MessagePack map in the order of its own struct.

Names, order and number of the fields are those of the gateway's ``AnalyticsRecord`` (35 entries,
gateways from 5.14). Every field is always there; times are arrays of seconds and nanoseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import gmtime

import msgspec

from apps.demo.byte_spans import NANOSECONDS

#: Version of an API that has none.
UNVERSIONED = "Non Versioned"
#: What the gateway records as the key of a request without one, while it hashes keys.
NO_KEY = "00000000"
#: Go's zero time: the start of year 1.
ZERO_TIME = (-62_135_596_800, 0)

_encoder = msgspec.msgpack.Encoder()


class Country(msgspec.Struct, frozen=True, gc=False):
    """Country by its ISO 3166 code."""

    ISOCode: str = ""


class City(msgspec.Struct, frozen=True, gc=False):
    """City by its number at geonames.org, with its name by language."""

    GeoNameID: int = 0
    Names: dict[str, str] | None = None


class Location(msgspec.Struct, frozen=True, gc=False):
    """Degrees and IANA time zone."""

    Latitude: float = 0.0
    Longitude: float = 0.0
    TimeZone: str = ""


class GeoData(msgspec.Struct, frozen=True, gc=False):
    """Where a client's address is."""

    Country: Country = Country()
    City: City = City()
    Location: Location = Location()


class NetworkStats(msgspec.Struct, frozen=True, gc=False):
    """Counters of TCP APIs; 0 for HTTP."""

    OpenConnections: int = 0
    ClosedConnection: int = 0
    BytesIn: int = 0
    BytesOut: int = 0


class Latencies(msgspec.Struct, frozen=True, gc=False):
    """Milliseconds: the whole request, the upstream's part and the gateway's."""

    Total: int = 0
    Upstream: int = 0
    Gateway: int = 0


class GraphQLError(msgspec.Struct, frozen=True, gc=False):
    """One entry of a GraphQL answer's ``errors``."""

    Message: str = ""
    Path: list[str | int] | None = None


class GraphQLStats(msgspec.Struct, frozen=True, gc=False):
    """What a GraphQL request asked for; operation types: 1 query, 2 mutation, 3 subscription."""

    Variables: str = ""
    RootFields: list[str] | None = None
    Types: dict[str, list[str]] | None = None
    Errors: list[GraphQLError] | None = None
    OperationType: int = 0
    HasErrors: bool = False
    IsGraphQL: bool = False


class MCPStats(msgspec.Struct, frozen=True, gc=False):
    """What a call of the Model Context Protocol asked for."""

    IsMCP: bool = False
    JSONRPCMethod: str = ""
    PrimitiveType: str = ""
    PrimitiveName: str = ""


NOWHERE = GeoData()
HTTP = NetworkStats()
NO_GRAPHQL = GraphQLStats()
NO_MCP = MCPStats()


class GatewayRecord(msgspec.Struct, gc=False):
    """One request, in the order of the wire."""

    Method: str = ""
    Host: str = ""
    Path: str = ""
    RawPath: str = ""
    ContentLength: int = 0
    UserAgent: str = ""
    Day: int = 0
    Month: int = 0
    Year: int = 0
    Hour: int = 0
    ResponseCode: int = 0
    APIKey: str = ""
    TimeStamp: tuple[int, int] = ZERO_TIME
    APIVersion: str = ""
    APIName: str = ""
    APIID: str = ""
    OrgID: str = ""
    OauthID: str = ""
    RequestTime: int = 0
    RawRequest: str = ""
    RawResponse: str = ""
    IPAddress: str = ""
    Geo: GeoData = NOWHERE
    Network: NetworkStats = HTTP
    Latency: Latencies = Latencies()
    Tags: list[str] = msgspec.field(default_factory=list)
    Alias: str = ""
    TrackPath: bool = False
    ExpireAt: tuple[int, int] = ZERO_TIME
    ApiSchema: str = ""
    OriginalPath: str = ""
    ListenPath: str = ""
    GraphQLStats: GraphQLStats = NO_GRAPHQL
    MCPStats: MCPStats = NO_MCP
    CollectionName: str = ""

    def stamp(self, nanoseconds: int, lifetime: int) -> None:
        """Set when the response was finished (since 1970), and the seconds until it expires.

        Hour, day, month and year are those of a gateway whose clock runs in UTC.
        """
        seconds, rest = divmod(nanoseconds, NANOSECONDS)
        self.TimeStamp, self.ExpireAt = (seconds, rest), (seconds + lifetime, rest)
        self.Year, self.Month, self.Day, self.Hour = gmtime(seconds)[:4]

    def measure(self, upstream: int, gateway: int) -> None:
        """Set how long the request took, in milliseconds of either part."""
        total = upstream + gateway
        self.RequestTime, self.Latency = total, Latencies(total, upstream, gateway)

    def tag(self, own: Sequence[str]) -> None:
        """Set the tags: those of session, request and API, then what the gateway itself appends."""
        ids = (("key", self.APIKey), ("org", self.OrgID))
        self.Tags = [*own, *(f"{kind}-{value}" for kind, value in ids if value), f"api-{self.APIID}"]

    def encode(self) -> bytes:
        """The element of the Redis list."""
        return _encoder.encode(self)
