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
#: Values of one document, and members of one object or list in it. The largest OpenAPI documents that are published
#: have 10 MB, up to 500,000 values and some thousand paths; what is beyond makes pages that nobody can load.
MOST_VALUES, MOST_MEMBERS = 600_000, 20_000
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


def size_fault(value: Any) -> str:
    """Say what is too much about a document, "" if nothing is."""
    count, rest = 1, [value]
    while rest:
        inner = rest.pop()
        members = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
        count += len(members)
        if len(members) > MOST_MEMBERS:
            return f"an object or list has more than {MOST_MEMBERS:,} members"
        if count > MOST_VALUES:
            return f"there are more than {MOST_VALUES:,} values"
        rest.extend(members)
    return ""
