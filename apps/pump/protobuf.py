"""The protobuf form of a record: proto3 message ``normalproto.AnalyticsRecord`` of the gateway.

The message is described here instead of generated, and its strings are declared as bytes (the
same on the wire), so that invalid UTF-8 costs a character and not the record.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from .records import MAX_OPENED_BYTES

#: Fields of a record, each tag among them.
_MAX_FIELDS = 200_000
_INTEGER, _BOOL, _DOUBLE = "int64", "bool", "double"
_TEXT = "bytes"

#: Message → fields as (number, name, type); a type in capitals is another message, "*" repeats.
_MESSAGES: dict[str, list[tuple[int, str, str]]] = {
    "Timestamp": [(1, "seconds", _INTEGER), (2, "nanos", _INTEGER)],
    "Latency": [(1, "Total", _INTEGER), (2, "Upstream", _INTEGER)],
    "Country": [(1, "ISOCode", _TEXT)],
    "Name": [(1, "key", _TEXT), (2, "value", _TEXT)],
    "City": [(1, "Names", "*Name"), (2, "GeoNameID", _INTEGER)],
    "Location": [(1, "Latitude", _DOUBLE), (2, "Longitude", _DOUBLE), (3, "TimeZone", _TEXT)],
    "Geo": [(1, "Country", "Country"), (2, "City", "City"), (3, "Location", "Location")],
    "Network": [
        (1, "OpenConnections", _INTEGER),
        (2, "ClosedConnection", _INTEGER),
        (3, "BytesIn", _INTEGER),
        (4, "BytesOut", _INTEGER),
    ],
    "Fields": [(1, "fields", "*" + _TEXT)],
    "Type": [(1, "key", _TEXT), (2, "value", "Fields")],
    "GraphQLStats": [
        (1, "IsGraphQL", _BOOL),
        (2, "Types", "*Type"),
        (3, "OperationType", _INTEGER),
        (4, "Variables", _TEXT),
        (5, "RootFields", "*" + _TEXT),
        (6, "HasErrors", _BOOL),
        (7, "Errors", "*" + _TEXT),
    ],
    "MCPStats": [
        (1, "IsMCP", _BOOL),
        (2, "JSONRPCMethod", _TEXT),
        (3, "PrimitiveType", _TEXT),
        (4, "PrimitiveName", _TEXT),
    ],
    "AnalyticsRecord": [
        (1, "Host", _TEXT),
        (2, "Method", _TEXT),
        (3, "Path", _TEXT),
        (4, "RawPath", _TEXT),
        (5, "ContentLength", _INTEGER),
        (6, "UserAgent", _TEXT),
        (11, "ResponseCode", _INTEGER),
        (12, "APIKey", _TEXT),
        (13, "TimeStamp", "Timestamp"),
        (14, "APIVersion", _TEXT),
        (15, "APIName", _TEXT),
        (16, "APIID", _TEXT),
        (17, "OrgID", _TEXT),
        (18, "RequestTime", _INTEGER),
        (19, "Latency", "Latency"),
        (20, "RawRequest", _TEXT),
        (21, "RawResponse", _TEXT),
        (22, "IPAddress", _TEXT),
        (23, "Geo", "Geo"),
        (24, "Network", "Network"),
        (25, "Tags", "*" + _TEXT),
        (26, "Alias", _TEXT),
        (27, "TrackPath", _BOOL),
        (28, "ExpireAt", "Timestamp"),
        (29, "OauthID", _TEXT),
        (31, "ApiSchema", _TEXT),
        (32, "GraphQLStats", "GraphQLStats"),
        (33, "MCPStats", "MCPStats"),
        (34, "OriginalPath", _TEXT),
        (35, "ListenPath", _TEXT),
    ],
}


#: Fields of a record that are messages.
_PARTS = {number: name for number, name, kind in _MESSAGES["AnalyticsRecord"] if kind in _MESSAGES}


def _record_class() -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name="weir/record.proto", package="normalproto", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            _add_field(message, number, field, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type[Message] = message_factory.GetMessageClass(pool.FindMessageTypeByName("normalproto.AnalyticsRecord"))
    return found


def _add_field(message: descriptor_pb2.DescriptorProto, number: int, name: str, kind: str) -> None:
    field = message.field.add(name=name, number=number)
    shape = descriptor_pb2.FieldDescriptorProto
    field.label = shape.LABEL_REPEATED if kind.startswith("*") else shape.LABEL_OPTIONAL
    kind = kind.removeprefix("*")
    if kind in _MESSAGES:
        field.type, field.type_name = shape.TYPE_MESSAGE, f".normalproto.{kind}"
    else:
        field.type = shape.Type.Value(f"TYPE_{kind.upper()}")


_Record = _record_class()


def fields_of(payload: bytes) -> dict[str, Any]:
    """The fields of a record by their MessagePack names; times as (seconds, nanoseconds).

    Sub-messages that were not sent are left out. GraphQL errors are kept as plain texts, the
    protobuf form has no more of them.

    Raises:
        ValueError: when the payload is no such message, or has more in it than is opened.
    """
    if len(payload) > MAX_OPENED_BYTES:
        _check_sizes(payload)
    try:
        record = _Record.FromString(payload)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    fields: dict[str, Any] = _plain(record)
    return fields


def _check_sizes(payload: bytes) -> None:
    """Refuse what would take many times its bytes: too many fields, or messages of too many bytes."""
    sizes: Counter[int] = Counter()  # a message that is there again is joined to the first
    at = count = 0
    while at < len(payload):
        start = at
        tag, at = _varint(payload, at)
        match tag & 7:
            case 0:
                _, at = _varint(payload, at)
            case 1 | 5 as fixed:
                at += 8 if fixed == 1 else 4
            case 2:
                size, at = _varint(payload, at)
                at += size
            case other:
                raise ValueError(f"wire type {other}")
        sizes[tag >> 3] += at - start
        count += 1
        if count > _MAX_FIELDS:
            raise ValueError(f"more than {_MAX_FIELDS:,} fields")
    if large := [name for number, name in _PARTS.items() if sizes[number] > MAX_OPENED_BYTES]:
        raise ValueError(f"{', '.join(large)}: more than the {MAX_OPENED_BYTES:,} bytes of a message")


def _varint(payload: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where the next thing does."""
    value = shift = 0
    while shift < 70 and at < len(payload):
        byte = payload[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
    raise ValueError("a number without end")


def _plain(message: Message) -> Any:
    fields = {field.name: _value(value) for field, value in message.ListFields()}
    if message.DESCRIPTOR.name == "Timestamp":
        return fields.get("seconds", 0), fields.get("nanos", 0)
    if message.DESCRIPTOR.name == "Fields":
        return fields.get("fields", [])
    return fields


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Message):
        return _plain(value)
    if isinstance(value, (int, float)):
        return value
    items = [_value(item) for item in value]
    if items and isinstance(items[0], dict):
        return {item.get("key", ""): item.get("value", "") for item in items}
    return items
