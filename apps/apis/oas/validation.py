"""Whether a document is one: OpenAPI 3.0 or 3.1, and extensions that a gateway can decode and serve."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from apps.apis.expiry import EXPIRY_EXPECTED, is_expiry
from apps.apis.oas import schemas
from apps.apis.oas.extension import (
    EXTENSION,
    STREAMS_EXTENSION,
    is_on,
    listed,
    objects,
    operations,
    section,
)
from apps.apis.oas.reading import InvalidDocument
from apps.apis.oas.references import check_references
from apps.core.json_values import size_fault

VERSION = re.compile(r"3\.[01]\.\d+(-.+)?", re.ASCII)
LONGEST_FAULT = 300  # characters
BRACES = re.compile(r"[^{}]*(\{[^{}]+\}[^{}]*)*")
SPACE = re.compile(r"[\x00-\x20\x7f]")
KEYED = ("header", "url-param")

#: The documented texts.
WITHOUT_EXTENSION = {
    "oas": "The payload should contain x-tyk-api-gateway",
    "streams": "The payload should contain x-tyk-api-gateway and/or x-tyk-streaming",
    "mcp": "the payload should contain x-tyk-api-gateway",
}
#: What an MCP proxy cannot have on an operation, a tool, a resource or a prompt.
RESTRICTED = (
    *("transformRequestMethod", "transformResponseBody", "urlRewrite", "internal", "cache", "validateRequest"),
    "mockResponse",
)

Fault = tuple[tuple[Any, ...], str]


def check_document(document: Mapping[str, Any], kind: str) -> None:
    """Raise ``InvalidDocument`` for what cannot be kept as an API of a kind: ``oas``, ``streams`` or ``mcp``."""
    needed = (EXTENSION, STREAMS_EXTENSION) if kind == "streams" else (EXTENSION,)
    if any(not isinstance(document.get(name), Mapping) for name in needed):
        raise InvalidDocument(WITHOUT_EXTENSION[kind])
    if fault := size_fault(document):
        raise InvalidDocument(f"{InvalidDocument.message}: {fault}")
    check_openapi(document)
    check_extension(document)
    if kind == "streams":
        check_streams(document)
    if kind == "mcp" and (place := next(_restricted(section(document, EXTENSION, "middleware")), None)):
        raise InvalidDocument.at((EXTENSION, "middleware", *place), "is nothing that an MCP proxy can have")


def check_openapi(document: Mapping[str, Any]) -> None:
    """Raise ``InvalidDocument`` for what is no OpenAPI document; the extensions are not looked at."""
    version = document.get("openapi")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise InvalidDocument.at(["openapi"], "must be 3.0.x or 3.1.x")
    _check_schema(_validator(f"openapi-{version[:3]}"), document, ())
    if fault := next(_faults_of_openapi(document, version), None):
        raise InvalidDocument.at(*fault)
    check_references(document)


def check_extension(document: Mapping[str, Any]) -> None:
    """Raise ``InvalidDocument`` for an extension that a gateway cannot decode or serve."""
    _check_schema(_validator("gateway-extension"), document[EXTENSION], (EXTENSION,))
    extension = section(document, EXTENSION)
    if fault := next(_faults_of_extension(extension), None):
        raise InvalidDocument.at((EXTENSION, *fault[0]), fault[1])


def check_streams(document: Mapping[str, Any]) -> None:
    """Raise ``InvalidDocument`` for streams that are none."""
    _check_schema(_validator("streaming-extension"), document[STREAMS_EXTENSION], (STREAMS_EXTENSION,))


@cache
def _validator(name: str) -> Any:
    """Give what checks by a schema; made once, for it is compiled."""
    if name.startswith("openapi-"):
        return jsonschema_rs.validator_for(schemas.openapi(name.removeprefix("openapi-")))
    schema = {"gateway-extension": schemas.gateway_extension, "streaming-extension": schemas.streaming_extension}[name]
    return jsonschema_rs.Draft4Validator(schemas.as_gateways_decode(schema()))


def _check_schema(validator: Any, value: Any, place: tuple[str, ...]) -> None:
    if (error := next(iter(validator.iter_errors(value)), None)) is None:
        return
    error = _innermost(error)
    where = (*place, *error.instance_path)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Not):
        raise InvalidDocument.at(where, "gateways do not tell capital letters in this name: spell it as documented")
    raise InvalidDocument.at(where, _shortened(error.message))


def _innermost(error: Any) -> Any:
    """Give what is wrong inside of the alternative that fits best: the one that is entered deepest."""
    while alternatives := [branch[0] for branch in getattr(error.kind, "context", None) or () if branch]:
        best = max(alternatives, key=lambda one: (len(one.instance_path), '"$ref"' not in one.message))
        if len(best.instance_path) == len(error.instance_path) and len(alternatives) > 1 and _is_type(best):
            break
        error = best
    return error


def _is_type(error: Any) -> bool:
    return isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Type)


def _shortened(message: str) -> str:
    """Leave the middle out of a message that tells a whole part of the document."""
    half = LONGEST_FAULT // 2
    return message if len(message) <= LONGEST_FAULT else f"{message[:half]} … {message[-half:]}"


def _faults_of_openapi(document: Mapping[str, Any], version: str) -> Iterator[Fault]:
    named: dict[str, str] = {}
    for path, method, operation in operations(document):
        name = operation.get("operationId")
        if isinstance(name, str) and name:
            if name in named:
                place = ("paths", path, method.lower(), "operationId")
                yield place, f"{name} is the operationId of {named[name]} too"
            named[name] = f"{method} {path}"
    if version.startswith("3.1"):
        yield from _faults_of_newer(document)


def _faults_of_newer(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Find what gateways do not take of OpenAPI 3.1."""
    for path, item in section(document, "paths").items():
        if isinstance(item, Mapping) and "$ref" in item:
            yield ("paths", path, "$ref"), "gateways take no references to path items; write it out"
    for name, scheme in section(document, "components", "securitySchemes").items():
        if isinstance(scheme, Mapping) and scheme.get("type") == "mutualTLS":
            yield ("components", "securitySchemes", name, "type"), "gateways take no scheme of type mutualTLS"


def _restricted(middleware: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for group in ("operations", "mcpTools", "mcpResources", "mcpPrompts"):
        for name, settings in section(middleware, group).items():
            for block in RESTRICTED:
                if isinstance(settings, Mapping) and block in settings:
                    yield group, name, block


def _faults_of_extension(extension: Mapping[str, Any]) -> Iterator[Fault]:
    for find in RULES:
        yield from find(extension)


def _versioning(extension: Mapping[str, Any]) -> Iterator[Fault]:
    versioning = section(extension, "info", "versioning")
    if versioning.get("location") in KEYED and not versioning.get("key"):
        yield ("info", "versioning", "key"), f"versions told by {versioning['location']} need its name"


def _expiration(extension: Mapping[str, Any]) -> Iterator[Fault]:
    if not is_expiry(section(extension, "info").get("expiration") or ""):
        yield ("info", "expiration"), EXPIRY_EXPECTED


def _listening(extension: Mapping[str, Any]) -> Iterator[Fault]:
    server = section(extension, "server")
    path = section(server, "listenPath").get("value", "")
    if server.get("protocol") in {"tcp", "tls"}:
        if not server.get("port"):
            yield ("server", "port"), "TCP needs one"
    elif not path.startswith("/"):
        yield ("server", "listenPath", "value"), "must begin with a slash"
    if not BRACES.fullmatch(path):
        yield ("server", "listenPath", "value"), "has braces that do not fit"


def _addresses(extension: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("allow", "block"):
        for step, address in enumerate(listed(section(extension, "server", "ipAccessControl"), name)):
            if not _is_network(address):
                yield ("server", "ipAccessControl", name, step), f"{address} is no IP address and no network"


def _upstream(extension: Mapping[str, Any]) -> Iterator[Fault]:
    upstream = section(extension, "upstream")
    if not _is_url(upstream.get("url", "")):
        yield ("upstream", "url"), "cannot be read as a URL"
    balancing = section(upstream, "loadBalancing")
    targets = objects(balancing, "targets")
    if is_on(balancing) and targets and not any(target.get("weight") for target in targets):
        yield ("upstream", "loadBalancing", "targets"), "at least one needs a weight"
    both = section(upstream, "authentication")
    if is_on(section(both, "basicAuth")) and is_on(section(both, "oauth")):
        yield ("upstream", "authentication"), "only one of basicAuth and oauth can be on"


def _handlers(extension: Mapping[str, Any]) -> Iterator[Fault]:
    for step, handler in enumerate(listed(section(extension, "server"), "eventHandlers")):
        if isinstance(handler, Mapping) and handler.get("type") == "custom" and not handler.get("path"):
            yield ("server", "eventHandlers", step, "path"), "gateways break without the file of the function"


RULES: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (
    *(_versioning, _expiration, _listening, _addresses, _upstream, _handlers),
)


def _is_network(address: Any) -> bool:
    try:
        ip_network(address, strict=False)
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    try:
        return not SPACE.search(text) and (urlsplit(text).port or 0) >= 0
    except ValueError:
        return False
