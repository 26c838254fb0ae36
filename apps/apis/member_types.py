"""Types of members as gateways decode them, as JSON schemas; a declaration puts them together.

Gateways are written in Go: ``null`` is nothing in any place, whole numbers have no point and 64 bits, and members that
nobody knows are passed over.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": ["boolean", "null"]}
WHOLE: Schema = {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1}
NATURAL: Schema = {**WHOLE, "minimum": 0}
TLS_VERSION: Schema = {**NATURAL, "maximum": 2**16 - 1}
NUMBER: Schema = {"type": ["number", "null"]}
#: When something ends, in one of the forms of ``apps.apis.expiry``; and a time that Go reads by itself.
EXPIRY: Schema = {**TEXT, "format": "expiry"}
TIME: Schema = {**TEXT, "format": "time"}
OBJECT: Schema = {"type": ["object", "null"]}


def listed(inner: Schema) -> Schema:
    """Give the schema of a list."""
    return {"type": ["array", "null"], "items": inner}


def mapped(inner: Schema) -> Schema:
    """Give the schema of an object whose members have names that somebody chose."""
    return {**OBJECT, "additionalProperties": inner}


def record(**members: Schema) -> Schema:
    """Give the schema of an object with known members; a name counts in any case to Go, so only one may be there."""
    known = "|".join(members)
    return {
        **OBJECT,
        "properties": members,
        "patternProperties": {f"^(?!(?:{known})$)(?i:{known})$": {"not": {}}},
    }


def each(schema: Schema, names: str) -> dict[str, Schema]:
    """Give members of one type."""
    return dict.fromkeys(names.split(), schema)


TEXTS = listed(TEXT)
WHOLES = listed(WHOLE)
TEXT_MAP = mapped(TEXT)
OBJECTS = listed(OBJECT)
