"""Records of loosely typed values: slower than the strict decoder, and as patient as the old pump."""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import repr as shortly
from typing import Any, TypeVar

import msgpack
import msgspec

from .enrich import plain, raw
from .records import LARGEST, MAX_OPENED_BYTES, Integer, UndecodableError

_Shape = TypeVar("_Shape", bound=msgspec.Struct)
#: Go's declaration order, for records that were encoded as an array (no gateway does).
_GO_FIELD_ORDER = (
    "Method Host Path RawPath ContentLength UserAgent Day Month Year Hour ResponseCode APIKey TimeStamp"
    " APIVersion APIName APIID OrgID OauthID RequestTime RawRequest RawResponse IPAddress Geo Network Latency"
    " Tags Alias TrackPath ExpireAt ApiSchema OriginalPath ListenPath GraphQLStats MCPStats CollectionName"
).split()
#: Entries of a record: an array or a map of more is none.
_MAX_ENTRIES = 1_000
#: What shorter and longer maps and lists begin with.
_MAPS, _LISTS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF)), frozenset((*range(0x90, 0xA0), 0xDC, 0xDD))


def unpack_map(payload: bytes) -> dict[str, Any]:
    """Any MessagePack map, however odd its strings; bytes after the first value are ignored.

    Raises:
        UndecodableError: when the payload is not one, or has more in it than is opened, saying why.
    """
    try:
        return dict(_entries(payload))
    except UndecodableError:
        raise
    except Exception as error:
        raise UndecodableError(f"not MessagePack: {str(error) or type(error).__name__}") from error


def _entries(payload: bytes) -> Iterator[tuple[Any, Any]]:
    """The names and values of a record, each opened when it is known to be small enough."""
    values = _Values(payload)
    if payload[:1] and payload[0] in _LISTS:
        for _, name in zip(range(values.unpacker.read_array_header()), _GO_FIELD_ORDER, strict=False):
            yield name, values.open(name)
        return
    if payload[:1] and payload[0] not in _MAPS:
        raise UndecodableError(f"expected a map of fields, found {type(values.open('record')).__name__}")
    if (count := values.unpacker.read_map_header()) > _MAX_ENTRIES:
        raise UndecodableError(f"{count:,} entries: not an analytics record")
    for _ in range(count):
        name = values.open("name of a field")
        yield name, values.open(name)


class _Values:
    """The values of a payload one after the other."""

    def __init__(self, payload: bytes) -> None:
        # No list, map or text is larger than what holds it, whatever its header claims.
        self.unpacker = msgpack.Unpacker(max_buffer_size=max(1, len(payload)))
        self.unpacker.feed(payload)
        self._payload = payload

    def open(self, name: Any) -> Any:
        """The next value, which is that of the field ``name``.

        Raises:
            UndecodableError: when it is a list or a map of more than ``MAX_OPENED_BYTES``.
        """
        start = self.unpacker.tell()
        self.unpacker.skip()
        content = self._payload[start : self.unpacker.tell()]
        if len(content) > MAX_OPENED_BYTES and content[0] in _MAPS | _LISTS:
            limit = f"the {MAX_OPENED_BYTES:,} of a list or a map"
            raise UndecodableError(f"{shortly(name)}: {len(content):,} bytes are more than {limit}")
        return msgpack.unpackb(content, raw=False, strict_map_key=False, unicode_errors="replace")


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
