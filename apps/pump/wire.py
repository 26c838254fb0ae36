"""Bytes of a Redis list to records: MessagePack and protobuf, strict and fast, then tolerant.

Gateways encode a record as a MessagePack map with the names of Go's struct fields (29 to 35
entries, by release) or as the protobuf message ``AnalyticsRecord`` (proto3, lists that end in
``_protobuf``). Fields are looked up by name, unknown ones skipped, missing and nil ones empty.
Pure: no settings, no database, no Redis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from reprlib import repr as shortly
from typing import Annotated, Any

import msgpack
import msgspec

from . import protobuf

#: Seconds and nanoseconds of Go's zero time, which stands for "not set".
ZERO_TIME = (-62_135_596_800, 0)
#: Stands where a character was that cannot be stored.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: The largest number that a ``bigint`` holds; counters beyond it are no measurements.
_LARGEST = 2**63 - 1


#: A number that a ``bigint`` holds. Anything else goes the tolerant way, which says what is wrong.
Integer = Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]
#: Seconds and nanoseconds since 1970.
Time = tuple[Integer, Integer]


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
    Parts that only few records fill stay undecoded (`msgspec.Raw`); :func:`details` opens them.
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
    Tags: list[str] | None = None
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


_records = msgspec.msgpack.Decoder(Record)
_uptimes = msgspec.msgpack.Decoder(Uptime)
_encoder = msgspec.msgpack.Encoder()
#: What the strict decoder raises; values nested without end among it, with which anyone could end a run.
_NOT_STRICT = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

#: Go's declaration order, for records that were encoded as an array (no gateway does).
_ORDER = (
    "Method Host Path RawPath ContentLength UserAgent Day Month Year Hour ResponseCode APIKey TimeStamp"
    " APIVersion APIName APIID OrgID OauthID RequestTime RawRequest RawResponse IPAddress Geo Network Latency"
    " Tags Alias TrackPath ExpireAt ApiSchema OriginalPath ListenPath GraphQLStats MCPStats CollectionName"
).split()


def is_messagepack(source: str) -> bool:
    """Whether the list ``source`` holds MessagePack; only the suffix of its name tells the encodings apart."""
    return not source.endswith("_protobuf")


#: Payloads that are decoded at one go; an odd one among them sends only these the careful way.
_AT_ONCE = 500


def decode_all(payloads: Sequence[bytes], source: str) -> list[Record | UndecodableError]:
    """The record of each payload of the list ``source``, or why it is none."""
    if not is_messagepack(source):
        return [_outcome(decode_protobuf, payload) for payload in payloads]
    outcomes: list[Record | UndecodableError] = []
    for at in range(0, len(payloads), _AT_ONCE):
        some = payloads[at : at + _AT_ONCE]
        try:
            outcomes += list(map(_records.decode, some))
        except _NOT_STRICT:
            outcomes += [_outcome(decode, payload) for payload in some]
    return outcomes


def _outcome(decode: Callable[[bytes], Record], payload: bytes) -> Record | UndecodableError:
    try:
        return decode(payload)
    except UndecodableError as error:
        return error


def decode(payload: bytes) -> Record:
    """A MessagePack record.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    try:
        return _records.decode(payload)
    except _NOT_STRICT:
        return _tolerant(payload)


def decode_uptime(payload: bytes) -> Uptime:
    """An uptime record.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    try:
        return _uptimes.decode(payload)
    except _NOT_STRICT:
        return Uptime(**_coerced(Uptime, _unpack(payload)))


def decode_protobuf(payload: bytes) -> Record:
    """A protobuf record, turned into the same shape as the MessagePack one.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    try:
        fields = protobuf.fields_of(payload)
    except ValueError as error:
        raise UndecodableError(f"not a protobuf AnalyticsRecord: {error}") from error
    return Record(**_coerced(Record, fields))


def _tolerant(payload: bytes) -> Record:
    return Record(**_coerced(Record, _unpack(payload)))


def _unpack(payload: bytes) -> dict[str, Any]:
    """Any MessagePack map, however odd its strings; bytes after the first value are ignored."""
    # No list, map or text is larger than what holds it, whatever its header claims.
    size = max(1, len(payload))
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="replace", max_buffer_size=size)
    unpacker.feed(payload)
    try:
        value = unpacker.unpack()
    except Exception as error:
        raise UndecodableError(f"not MessagePack: {str(error) or type(error).__name__}") from error
    if isinstance(value, list):
        value = dict(zip(_ORDER, value, strict=False))
    if not isinstance(value, dict):
        raise UndecodableError(f"expected a map of fields, found {type(value).__name__}")
    return value


def _coerced(shape: type[msgspec.Struct], fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a shape from loosely typed values, as tolerant as the gateway's own pump."""
    if "TimeStamp" not in fields:
        raise UndecodableError("no TimeStamp: not an analytics record")
    return {
        field.name: _coerce(field.type, fields[field.name], field.name)
        for field in msgspec.structs.fields(shape)
        if fields.get(field.name) is not None
    } | {"TimeStamp": _time(fields["TimeStamp"], "TimeStamp")}


def _coerce(kind: Any, value: Any, name: str) -> Any:
    if kind is Integer:
        return _integer(value, name)
    match kind:
        case type() if issubclass(kind, msgspec.Raw):
            return raw(_plain(value))
        case type() if issubclass(kind, msgspec.Struct):
            if not isinstance(value, dict):
                raise UndecodableError(f"{name}: expected a map, found {type(value).__name__}")
            return kind(
                **{
                    field.name: _coerce(field.type, value[field.name], f"{name}.{field.name}")
                    for field in msgspec.structs.fields(kind)
                    if value.get(field.name) is not None
                }
            )
        case type() if kind is bool:
            return bool(value)
        case type() if kind is str:
            return _text(value, name)
    if name in ("TimeStamp", "ExpireAt"):
        return _time(value, name)
    if not isinstance(value, list):
        raise UndecodableError(f"{name}: expected a list, found {type(value).__name__}")
    return ["" if item is None else _text(item, name) for item in value]


def _text(value: Any, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    raise UndecodableError(f"{name}: expected a string, found {type(value).__name__}")


def _integer(value: Any, name: str) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if whole and -_LARGEST <= value <= _LARGEST:
        return int(value)
    raise UndecodableError(f"{name}: expected a whole number, found {shortly(value)}")


def _time(value: Any, name: str) -> tuple[int, int]:
    """Go's [seconds, nanoseconds] pair, or MessagePack's own timestamp extension."""
    if isinstance(value, msgpack.Timestamp):
        return value.seconds, value.nanoseconds
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return _integer(value[0], name), _integer(value[1], name)
    raise UndecodableError(f"{name}: expected a time, found {shortly(value)}")


#: Levels of lists and maps kept of an undecoded part; gateways send three.
_DEEPEST = 20


def _plain(value: Any, levels: int = _DEEPEST) -> Any:
    """The same value in what PostgreSQL's JSON has too: texts as keys, no NUL, no NaN, an end to its nesting."""
    match value:
        case bytes():
            return _plain(value.decode("utf-8", "replace"))
        case str():
            return value.replace("\0", REPLACEMENT)
        case float():
            return value if isfinite(value) else None
        case msgpack.Timestamp():
            return [value.seconds, value.nanoseconds]
        case dict() if levels:
            return {_plain(str(key)): _plain(item, levels - 1) for key, item in value.items()}
        case list() | tuple() if levels:
            return [_plain(item, levels - 1) for item in value]
        case bool() | int():
            return value
    return None


def raw(value: Any) -> msgspec.Raw:
    """A value as an undecoded part."""
    return msgspec.Raw(_encoder.encode(value))


def open_raw(part: msgspec.Raw) -> Any:
    """The value of an undecoded part in what JSON has too; None when it was not sent or is too odd."""
    data = bytes(part)
    try:
        value = msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="replace") if data else None
    except (ValueError, TypeError):
        # Nested a thousand times, or lists as keys of a map.
        return None
    return _plain(value)
