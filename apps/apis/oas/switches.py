"""What the switches of an import or a patch do to the gateway's extension: a block on every operation that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.apis.oas.extension import EXTENSION, Document, objects, operation_id, operations, section
from apps.apis.oas.reading import InvalidDocument
from apps.apis.oas.references import pointed_at

Block = Mapping[str, Any]
HEADER = {"enabled": True, "name": "Authorization"}
REFUSED = 422  # status for a request that does not fit the document


def allow_list(document: Document, is_on: bool) -> Document:
    """Let requests of the document's operations through, and no others."""
    return _on_operations(document, "allow", lambda operation, item: True, {"enabled": is_on})


def validate_request(document: Document, is_on: bool) -> Document:
    """Check requests of the operations that say what a request has: parameters, or a JSON body."""
    block = {"enabled": is_on, "errorResponseCode": REFUSED}

    def fits(operation: Block, item: Block) -> bool:
        body = _resolved(document, operation.get("requestBody"))
        says = bool(operation.get("parameters") or item.get("parameters"))
        return says or "application/json" in section(body, "content")

    return _on_operations(document, "validateRequest", fits, block)


def mock_response(document: Document, is_on: bool) -> Document:
    """Answer for the upstream, from examples or schemas of the operations that have any."""
    block = {"enabled": is_on, "fromOASExamples": {"enabled": is_on}}

    def fits(operation: Block, item: Block) -> bool:
        answers = (_resolved(document, answer) for answer in section(operation, "responses").values())
        media = (one for answer in answers for one in section(answer, "content").values() if isinstance(one, Mapping))
        return any(one.keys() & {"example", "examples", "schema"} for one in media)

    return _on_operations(document, "mockResponse", fits, block)


def authentication(document: Document, is_on: bool) -> Document:
    """Ask callers for what the first requirement of the document says."""
    extension = section(document, EXTENSION)
    server = section(extension, "server")
    block = section(server, "authentication")
    if is_on:
        block |= _authentication(document, block)
    elif block:
        block["enabled"] = False
    changed = {**server, "authentication": block} if block else server
    return {**document, EXTENSION: {**extension, "server": changed}}


def _authentication(document: Document, block: Block) -> dict[str, Any]:
    requirements = objects(document, "security")
    declared = section(document, "components", "securitySchemes")
    if not requirements or not requirements[0]:
        raise InvalidDocument.at(["security"], "it does not say how callers authenticate: leave authentication out")
    known = section(block, "securitySchemes")
    schemes = {name: _resolved(document, declared.get(name)) for name in requirements[0]}
    for name, scheme in schemes.items():
        if not scheme:
            raise InvalidDocument.at(["security", 0, name], "components.securitySchemes has no scheme of this name")
        known[name] = {**section(known, name), **_scheme(scheme)}
    provider = _identity_provider(schemes)
    return {"enabled": True, "securitySchemes": known, **({"baseIdentityProvider": provider} if provider else {})}


def _scheme(scheme: Block) -> dict[str, Any]:
    """Give the settings of a scheme: only of a token OpenAPI says itself where it stands."""
    return {"enabled": True} if scheme.get("type") == "apiKey" else {"enabled": True, "header": dict(HEADER)}


def _identity_provider(schemes: Mapping[str, Block]) -> str:
    """Give whose session counts where several schemes are needed."""
    if len(schemes) < 2:
        return ""
    types = {(scheme.get("type"), scheme.get("scheme")) for scheme in schemes.values()}
    if any(type_ == "apiKey" for type_, _ in types):
        return "auth_token"
    return "jwt_claim" if ("http", "bearer") in types else ""


def _on_operations(
    document: Document, name: str, fits: Callable[[Block, Block], bool], block: dict[str, Any]
) -> Document:
    """Put a block on the operations that fit; switched off, it is put only where it is already."""
    found = _Settings(document)
    for path, method, operation in operations(document):
        if not fits(operation, section(document, "paths", path)):
            continue
        id_ = operation_id(path, method, operation)
        if block["enabled"] or name in found.of(id_):
            found.set(path, method, id_, {name: {**section(found.of(id_), name), **block}})
    return found.document


class _Settings:
    """The settings of the operations of a document; an operation that gets some has an id."""

    def __init__(self, document: Document) -> None:
        self.extension = section(document, EXTENSION)
        self.middleware = section(self.extension, "middleware")
        self.operations = section(self.middleware, "operations")
        self.paths = section(document, "paths")
        self.given = document

    @property
    def document(self) -> Document:
        """The document with these settings."""
        middleware = {**self.middleware, **({"operations": self.operations} if self.operations else {})}
        extension = {**self.extension, **({"middleware": middleware} if middleware else {})}
        return {**self.given, "paths": self.paths, EXTENSION: extension}

    def of(self, id_: str) -> dict[str, Any]:
        """Give the settings of an operation."""
        return section(self.operations, id_)

    def set(self, path: str, method: str, id_: str, settings: dict[str, Any]) -> None:
        """Change settings of an operation, and write down by which id they are found."""
        self.operations[id_] = {**self.of(id_), **settings}
        verb = method.lower()
        if self.paths[path][verb].get("operationId") != id_:
            self.paths[path] = {**self.paths[path], verb: {**self.paths[path][verb], "operationId": id_}}


def _resolved(document: Block, value: Any) -> dict[str, Any]:
    """Give an object, or what it refers to."""
    for _ in range(10):
        if not isinstance(value, Mapping):
            return {}
        if not isinstance(reference := value.get("$ref"), str):
            return dict(value)
        try:
            value = pointed_at(document, reference)
        except (LookupError, TypeError):
            return {}
    return {}
