"""OpenAPI documents for tests, and what gateways make of them."""

from __future__ import annotations

from typing import Any

from apps.apis.oas.compiling import definition_of

JSON_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
ANSWER = {"200": {"description": "Fine"}}


def extension(**blocks: Any) -> dict[str, Any]:
    """Give the least that a gateway asks for, with other blocks instead."""
    return {
        "info": {"name": "Menu", "state": {"active": True}},
        "upstream": {"url": "http://menu.example"},
        "server": {"listenPath": {"value": "/menu/", "strip": True}},
        **blocks,
    }


def plain(paths: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """Give an OpenAPI document without the extension."""
    paths = {"/menu": {"get": {"operationId": "listMenu", "responses": ANSWER}}} if paths is None else paths
    return {"openapi": "3.0.3", "info": {"title": "Menu", "version": "1.0.0"}, "paths": paths, **members}


def document(paths: dict[str, Any] | None = None, **blocks: Any) -> dict[str, Any]:
    """Give an OpenAPI document whose extension has these blocks."""
    return {**plain(paths), "x-tyk-api-gateway": extension(**blocks)}


def compiled(**blocks: Any) -> dict[str, Any]:
    """Give the classic definition of a document whose extension has these blocks."""
    return definition_of(document(**blocks))


def part(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    """Give some members of an object; those that are not there are not in the answer either."""
    return {name: whole[name] for name in names if name in whole}
