"""JSON schemas: of OpenAPI documents (by the OpenAPI Initiative) and of the gateway's extensions (our own)."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


@cache
def openapi(version: str) -> dict[str, Any]:
    """Give the schema of OpenAPI ``3.0`` or ``3.1``; the schemas in a document of 3.1 are JSON schemas."""
    schema = _read(f"openapi-{version}")
    if version == "3.1":
        schema["$defs"]["schema"] = {"$dynamicAnchor": "meta", "$ref": JSON_SCHEMA}
    return schema


@cache
def gateway_extension() -> dict[str, Any]:
    """Give the schema of ``x-tyk-api-gateway``."""
    return _read("gateway-extension")


@cache
def streaming_extension() -> dict[str, Any]:
    """Give the schema of ``x-tyk-streaming``."""
    return _read("streaming-extension")


def as_gateways_decode(schema: dict[str, Any]) -> dict[str, Any]:
    """Give a schema of an extension as strict and as lenient as Go is.

    ``null`` is nothing, wherever something may be left out, and a name counts in any case: ``Enabled`` is ``enabled``,
    so that it is not allowed to be anything beside it.
    """
    decoded: dict[str, Any] = _decoded(deepcopy(schema))
    return decoded


def _decoded(schema: Any, *, is_optional: bool = False) -> Any:
    if not isinstance(schema, dict):
        return schema
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        properties[name] = _decoded(inner, is_optional=name not in required)
    for name, inner in schema.get("definitions", {}).items():
        schema["definitions"][name] = _decoded(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            schema[name] = _decoded(schema[name])
    if properties:
        known = "|".join(properties)
        schema["patternProperties"] = {f"^(?!(?:{known})$)(?i:{known})$": {"not": {}}}
    return {"anyOf": [schema, {"type": "null"}]} if is_optional else schema


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return read
