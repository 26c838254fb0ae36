"""Parts of a record that stay undecoded until somebody asks for them: place, network, GraphQL, MCP."""

from __future__ import annotations

from math import isfinite
from typing import Any

import msgpack
import msgspec

#: Stands where a character was that cannot be stored.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_encoder = msgspec.msgpack.Encoder()
#: Levels of lists and maps kept of an undecoded part; gateways send three.
_DEEPEST = 20


def plain(value: Any, levels: int = _DEEPEST) -> Any:
    """The same value in what PostgreSQL's JSON has too: texts as keys, no NUL, no NaN, an end to its nesting."""
    match value:
        case bytes():
            return plain(value.decode("utf-8", "replace"))
        case str():
            return value.replace("\0", REPLACEMENT)
        case float():
            return value if isfinite(value) else None
        case msgpack.Timestamp():
            return [value.seconds, value.nanoseconds]
        case dict() if levels:
            return {plain(str(key)): plain(item, levels - 1) for key, item in value.items()}
        case list() | tuple() if levels:
            return [plain(item, levels - 1) for item in value]
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
    return plain(value)
