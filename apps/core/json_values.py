"""Values of JSON, in its own words."""

from __future__ import annotations

from typing import Any

#: Types of Python → what JSON schema calls them.
TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}
BEYOND_64_BITS = 2.0**63


def type_of(value: Any) -> str:
    """Name the type of a value that was read from JSON."""
    return TYPES[type(value)]


def whole(value: Any) -> Any:
    """Give a whole number that was written with a point or exponent (``8080.0``, ``1e3``) without; others as they are.

    One of more than 64 bits stays as it is: nobody reads it as an integer.
    """
    is_whole = isinstance(value, float) and value.is_integer() and -BEYOND_64_BITS <= value < BEYOND_64_BITS
    return int(value) if is_whole else value
