"""Records of loosely typed values: slower than the strict decoder, and as patient as the old pump."""

from __future__ import annotations

from reprlib import repr as shortly
from typing import Any, TypeVar

import msgpack
import msgspec

from .enrich import plain, raw
from .records import LARGEST, Integer, UndecodableError

_Shape = TypeVar("_Shape", bound=msgspec.Struct)
#: Go's declaration order, for records that were encoded as an array (no gateway does).
_GO_FIELD_ORDER = (
    "Method Host Path RawPath ContentLength UserAgent Day Month Year Hour ResponseCode APIKey TimeStamp"
    " APIVersion APIName APIID OrgID OauthID RequestTime RawRequest RawResponse IPAddress Geo Network Latency"
    " Tags Alias TrackPath ExpireAt ApiSchema OriginalPath ListenPath GraphQLStats MCPStats CollectionName"
).split()


def unpack_map(payload: bytes) -> dict[str, Any]:
    """Any MessagePack map, however odd its strings; bytes after the first value are ignored.

    Raises:
        UndecodableError: when the payload is not one, saying why.
    """
    # No list, map or text is larger than what holds it, whatever its header claims.
    size = max(1, len(payload))
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="replace", max_buffer_size=size)
    unpacker.feed(payload)
    try:
        value = unpacker.unpack()
    except Exception as error:
        raise UndecodableError(f"not MessagePack: {str(error) or type(error).__name__}") from error
    if isinstance(value, list):
        value = dict(zip(_GO_FIELD_ORDER, value, strict=False))
    if not isinstance(value, dict):
        raise UndecodableError(f"expected a map of fields, found {type(value).__name__}")
    return value


def build(shape: type[_Shape], fields: dict[str, Any]) -> _Shape:
    """A record from loosely typed values, as lenient as the gateway's own pump.

    Raises:
        UndecodableError: when it has no time, or a value that cannot be meant, saying which.
    """
    if "TimeStamp" not in fields:
        raise UndecodableError("no TimeStamp: not an analytics record")
    values = {
        field.name: _coerce(field.type, fields[field.name], field.name)
        for field in msgspec.structs.fields(shape)
        if fields.get(field.name) is not None
    }
    return shape(**values | {"TimeStamp": _time(fields["TimeStamp"], "TimeStamp")})


def _coerce(kind: Any, value: Any, name: str) -> Any:
    if kind is Integer:
        return _integer(value, name)
    match kind:
        case type() if issubclass(kind, msgspec.Raw):
            return raw(plain(value))
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
    if whole and -LARGEST <= value <= LARGEST:
        return int(value)
    raise UndecodableError(f"{name}: expected a whole number, found {shortly(value)}")


def _time(value: Any, name: str) -> tuple[int, int]:
    """Go's [seconds, nanoseconds] pair, or MessagePack's own timestamp extension."""
    if isinstance(value, msgpack.Timestamp):
        return value.seconds, value.nanoseconds
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return _integer(value[0], name), _integer(value[1], name)
    raise UndecodableError(f"{name}: expected a time, found {shortly(value)}")
