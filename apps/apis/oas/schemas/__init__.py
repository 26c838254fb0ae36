"""JSON schemas: of OpenAPI documents (by the OpenAPI Initiative) and of the gateway's extensions (our own)."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from apps.apis.oas.extension import EXTENSION, STREAMS_EXTENSION

#: Of OpenAPI.
VERSIONS = ("3.0", "3.1")
HERE = Path(__file__).parent


@cache
def openapi(version: str) -> dict[str, Any]:
    """Give the schema of OpenAPI ``3.0`` or ``3.1``; schemas in a document of 3.1 are looked at as gateways do."""
    schema = _read(f"openapi-{version}")
    if version == "3.1":
        schema["$defs"]["schema"] = _read("json-schema")
    return schema


@cache
def gateway_extension() -> dict[str, Any]:
    """Give the schema of ``x-tyk-api-gateway``."""
    return _read("gateway-extension")


@cache
def streaming_extension() -> dict[str, Any]:
    """Give the schema of ``x-tyk-streaming``."""
    return _read("streaming-extension")


@cache
def document_schema(version: str, kind: str) -> dict[str, Any]:
    """Give the schema of whole documents: OpenAPI of a version with the extensions that APIs of a kind need."""
    whole = deepcopy(openapi(version))
    place = "$defs" if "$defs" in whole else "definitions"
    extensions = {EXTENSION: gateway_extension()}
    if kind == "streams":
        extensions[STREAMS_EXTENSION] = streaming_extension()
    for name, schema in extensions.items():
        moved = json.loads(json.dumps(schema).replace('"#/definitions/', f'"#/{place}/{name}-'))
        del moved["$schema"]
        parts = moved.pop("definitions", {})
        whole[place] |= {name: moved, **{f"{name}-{part}": inner for part, inner in parts.items()}}
        whole["properties"][name] = {"$ref": f"#/{place}/{name}"}
        whole["required"] = [*whole["required"], name]
    return whole


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
