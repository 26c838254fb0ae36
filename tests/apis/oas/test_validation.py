"""Which documents are valid, and how it is told which are not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from apps.apis.oas.reading import InvalidDocument
from apps.apis.oas.schemas import as_gateways_decode
from apps.apis.oas.validation import check_extension, check_openapi, check_streams
from tests.apis.oas.documents import ANSWER, document, extension, plain


def openapi_fault(made: dict[str, Any]) -> str:
    with pytest.raises(InvalidDocument) as caught:
        check_openapi(made)
    assert caught.value.status == 400
    return caught.value.message


def extension_fault(**blocks: Any) -> str:
    with pytest.raises(InvalidDocument) as caught:
        check_extension(document(**blocks))
    return caught.value.message


@pytest.mark.parametrize("version", ["3.0.0", "3.0.3", "3.1.0", "3.1.1"])
def test_both_versions_are_taken(version: str) -> None:
    check_openapi({**plain(), "openapi": version})


def test_newer_schemas_are_json_schemas() -> None:
    schema = {"type": ["string", "null"], "const": "x", "discriminator": {"propertyName": "kind"}}
    loose = {"$recursiveAnchor": True, "oneOf": []}  # as published documents have them
    check_openapi({**plain(), "openapi": "3.1.0", "components": {"schemas": {"A": schema, "B": loose}}})
    wrong = {"properties": {"a": {"type": "strnig"}}}
    says = openapi_fault({**plain(), "openapi": "3.1.0", "components": {"schemas": {"A": wrong}}})
    assert says.startswith("components.schemas.A.properties.a.type: ")


def with_response(response: Any) -> dict[str, Any]:
    return plain({"/menu": {"get": {"responses": {"200": response}}}})


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({}, "openapi: must be 3.0.x or 3.1.x"),
        ({"swagger": "2.0"}, "openapi: must be 3.0.x or 3.1.x"),
        ({**plain(), "openapi": 3.0}, "openapi: must be 3.0.x or 3.1.x"),
        ({**plain(), "openapi": "3.2.0"}, "openapi: must be 3.0.x or 3.1.x"),
        ({**plain(), "openapi": "3.0.3\n"}, "openapi: must be 3.0.x or 3.1.x"),
        ({**plain(), "info": {"title": "Menu", "version": 1.0}}, 'info.version: 1.0 is not of type "string"'),
        (plain({"/menu": {"get": {}}}), 'paths./menu.get: "responses" is a required property'),
        (plain({"menu": {}}), "paths: "),
        (with_response({}), 'paths./menu.get.responses.200: "description" is a required property'),
        (
            with_response({"description": "", "content": {"application/json": {"schema": {"type": "strnig"}}}}),
            "paths./menu.get.responses.200.content.application/json.schema.type: ",
        ),
        (
            plain({"/a": {method: {"operationId": "x", "responses": ANSWER} for method in ("get", "post")}}),
            "paths./a.post.operationId: x is the operationId of GET /a too",
        ),
        (
            {**plain(), "openapi": "3.1.0", "paths": {"/a": {"$ref": "#/components/pathItems/A"}}},
            "paths./a.$ref: gateways take no references to path items",
        ),
        (
            {**plain(), "openapi": "3.1.0", "components": {"securitySchemes": {"m": {"type": "mutualTLS"}}}},
            "components.securitySchemes.m.type: gateways take no scheme of type mutualTLS",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(made: dict[str, Any], says: str) -> None:
    assert openapi_fault(made).startswith(says)


def test_a_message_does_not_repeat_the_document() -> None:
    assert len(openapi_fault({**plain(), "info": {"title": ["x" * 100_000], "version": "1"}})) < 400


def test_the_least_that_a_gateway_asks_for() -> None:
    check_extension(document())
    check_extension(
        document(upstream={"loadBalancing": {"enabled": True, "targets": [{"url": "http://a.example", "weight": 1}]}})
    )
    assert extension_fault(upstream={}).startswith("x-tyk-api-gateway.upstream: ")
    for name in ("info", "upstream", "server"):
        made = document()
        del made["x-tyk-api-gateway"][name]
        with pytest.raises(InvalidDocument, match=f'"{name}" is a required property'):
            check_extension(made)


INFO = extension()["info"]
SERVER = extension()["server"]


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ({"info": {"name": "Menu"}}, "info"),
        ({"info": {"name": "", "state": {"active": True}}}, "info.name"),
        ({"info": {"name": "Menu", "state": {"active": "yes"}}}, "info.state.active"),
        ({"info": {"name": "Menu", "state": {}}}, "info.state"),
        ({"info": {**INFO, "dbId": "short"}}, "info.dbId"),
        ({"info": {**INFO, "versioning": {"location": "header"}}}, "info.versioning.key"),
        ({"info": {**INFO, "versioning": {"location": "planet"}}}, "info.versioning.location"),
        ({"info": {**INFO, "versioning": {"enabled": True}}}, "info.versioning"),
        ({"server": {}}, "server"),
        ({"server": {"listenPath": {"value": ""}}}, "server.listenPath.value"),
        ({"server": {"listenPath": {"value": "menu"}}}, "server.listenPath.value"),
        ({"server": {"listenPath": {"value": "/a b/"}}}, "server.listenPath.value"),
        ({"server": {"listenPath": {"value": "/{a/"}}}, "server.listenPath.value"),
        ({"server": {**SERVER, "protocol": "tcp"}}, "server.port"),
        ({"server": {**SERVER, "protocol": "gopher"}}, "server.protocol"),
        ({"server": {**SERVER, "port": 8080.0}}, "server.port"),
        ({"server": {**SERVER, "port": 70_000}}, "server.port"),
        ({"server": {**SERVER, "gatewayTags": {"tags": "edge"}}}, "server.gatewayTags.tags"),
        ({"server": {**SERVER, "ipAccessControl": {"allow": ["10.0.0.0/8", "ten"]}}}, "server.ipAccessControl.allow.1"),
        ({"server": {**SERVER, "eventHandlers": [{"enabled": True}]}}, "server.eventHandlers.0"),
        (
            {"server": {**SERVER, "eventHandlers": [{"trigger": "AuthFailure", "type": "custom"}]}},
            "server.eventHandlers.0.path",
        ),
        (
            {"server": {**SERVER, "authentication": {"securitySchemes": {"a": {"issuedAtValidationSkew": -1}}}}},
            "server.authentication.securitySchemes.a.issuedAtValidationSkew",
        ),
        ({"upstream": {"url": "http://a.example:99999"}}, "upstream.url"),
        ({"upstream": {"url": "http://a b.example"}}, "upstream.url"),
        ({"upstream": {"url": "http://a", "rateLimit": {"rate": "5"}}}, "upstream.rateLimit.rate"),
        (
            {"upstream": {"loadBalancing": {"enabled": True, "targets": [{"url": "http://a", "weight": 0}]}}},
            "upstream.loadBalancing.targets",
        ),
        ({"middleware": {"global": {"skipQuota": 1}}}, "middleware.global.skipQuota"),
        ({"middleware": {"global": {"cors": {"maxAge": 2**64}}}}, "middleware.global.cors.maxAge"),
        ({"middleware": {"operations": {"x": {"allow": True}}}}, "middleware.operations.x.allow"),
        (
            {"middleware": {"operations": {"x": {"cache": {"cacheResponseCodes": ["200"]}}}}},
            "middleware.operations.x.cache.cacheResponseCodes.0",
        ),
        (
            {"errorOverrides": {"value": {"401": [{"response": {"headers": {"A": 1}}}]}}},
            "errorOverrides.value.401.0.response.headers.A",
        ),
    ],
)  # fmt: skip
def test_what_a_gateway_cannot_decode_or_serve_is_refused(blocks: dict[str, Any], place: str) -> None:
    assert extension_fault(**blocks).startswith(f"x-tyk-api-gateway.{place}: ")


def test_other_members_are_allowed() -> None:
    server = {**SERVER, "newThing": {"a": [1.5]}}
    check_extension(document(server=server, another={"enabled": "maybe"}))


def test_null_is_nothing() -> None:
    check_extension(document(middleware=None, server={**SERVER, "port": None, "gatewayTags": {"tags": None}}))


@pytest.mark.parametrize("name", ["Enabled", "ENABLED"])
def test_a_name_that_gateways_would_take_for_another_is_refused(name: str) -> None:
    says = extension_fault(middleware={"global": {"trafficLogs": {name: "yes"}}})
    assert says.startswith(f"x-tyk-api-gateway.middleware.global.trafficLogs.{name}: gateways do not tell capital")


def test_names_of_operations_are_nobodys_members() -> None:
    check_extension(document(middleware={"operations": {"Enabled": {}, "Global": {}}}))


def test_streams() -> None:
    check_streams({"x-tyk-streaming": {"streams": {"a": {"input": {}, "output": {}}}}})
    with pytest.raises(InvalidDocument, match=r"^x-tyk-streaming\.streams\.a: "):
        check_streams({"x-tyk-streaming": {"streams": {"a": []}}})


def test_the_schema_itself_is_left_as_it_is_shown() -> None:
    shown = {"type": "object", "properties": {"a": {"type": "string"}}}
    as_gateways_decode(shown)
    assert shown == {"type": "object", "properties": {"a": {"type": "string"}}}


def test_a_large_document_takes_seconds_at_most() -> None:
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    answers = {str(code): {"description": "x" * 40, **content} for code in range(200, 210)}
    paths = {f"/p{step}/{{id}}": {"get": {"operationId": f"o{step}", "responses": answers}} for step in range(5_000)}
    components = {"schemas": {f"S{step}": {"properties": {"a": {"type": "string"}}} for step in range(1_000)}}
    started = time.perf_counter()
    check_openapi({**plain(paths), "components": components})
    assert time.perf_counter() - started < 10
