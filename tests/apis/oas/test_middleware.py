"""What happens to requests of all endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apis.oas.documents import compiled, part

ON = {"enabled": True}
HEADERS = {"remove": ["X-Old"], "add": [{"name": "X-New", "value": "n"}]}


def everywhere(**blocks: Any) -> dict[str, Any]:
    return compiled(middleware={"global": blocks})


def version(**blocks: Any) -> dict[str, Any]:
    found: dict[str, Any] = everywhere(**blocks)["version_data"]["versions"][""]
    return found


def test_requests_are_counted_where_the_document_says_so() -> None:
    logs = {
        "enabled": True,
        "tagHeaders": ["X-Team"],
        "customRetentionPeriod": "24h",
        "plugins": [{"enabled": True, "path": "p.so", "functionName": "f"}],
    }
    expected = {
        "do_not_track": False,
        "tag_headers": ["X-Team"],
        "expire_analytics_after": 86400,
        "analytics_plugin": {"enable": True, "plugin_path": "p.so", "func_name": "f"},
    }
    assert part(everywhere(trafficLogs=logs), *expected) == expected
    assert everywhere(trafficLogs={"enabled": False})["do_not_track"] is True


def test_functions_of_somebodys_own() -> None:
    one = {"enabled": True, "functionName": "f", "path": "p.js", "rawBodyOnly": True, "requireSession": True}
    expected = {"disabled": False, "name": "f", "path": "p.js", "raw_body_only": True, "require_session": True}
    found = everywhere(
        pluginConfig={
            "driver": "otto",
            "bundle": {**ON, "path": "b.zip"},
            "data": {**ON, "value": {"a": 1}},
        },
        prePlugins=[one],
        postAuthenticationPlugins=[one],
        postPlugins=[{**one, "code": "Y29kZQ=="}],
        responsePlugin={"plugins": [one]},
    )
    assert part(found["custom_middleware"], "pre", "post_key_auth", "post", "response", "driver") == {
        "pre": [expected],
        "post_key_auth": [expected],
        "post": [{**expected, "code": "Y29kZQ=="}],
        "response": [expected],
        "driver": "otto",
    }
    said = {
        "custom_middleware_bundle": "b.zip",
        "custom_middleware_bundle_disabled": False,
        "config_data": {"a": 1},
        "config_data_disabled": False,
    }
    assert part(found, *said) == said


def test_cors() -> None:
    cors = {
        "enabled": True,
        "maxAge": 5,
        "allowCredentials": True,
        "exposedHeaders": ["E"],
        "allowedHeaders": ["H"],
        "optionsPassthrough": True,
        "debug": True,
        "allowedOrigins": ["*"],
        "allowedMethods": ["GET"],
    }
    assert everywhere(cors=cors)["CORS"] == {
        "enable": True,
        "max_age": 5,
        "allow_credentials": True,
        "exposed_headers": ["E"],
        "allowed_headers": ["H"],
        "options_passthrough": True,
        "debug": True,
        "allowed_origins": ["*"],
        "allowed_methods": ["GET"],
    }


def test_the_cache_of_all_endpoints() -> None:
    cache = {
        "enabled": True,
        "timeout": 60,
        "cacheAllSafeRequests": True,
        "cacheResponseCodes": [200],
        "cacheByHeaders": ["A"],
        "enableUpstreamCacheControl": True,
        "controlTTLHeaderName": "T",
    }
    assert everywhere(cache=cache)["cache_options"] == {
        "enable_cache": True,
        "cache_timeout": 60,
        "cache_all_safe_requests": True,
        "cache_response_codes": [200],
        "cache_by_headers": ["A"],
        "enable_upstream_cache_control": True,
        "cache_control_ttl_header": "T",
    }


def test_switches_of_all_endpoints() -> None:
    found = everywhere(contextVariables=ON, skipRateLimit=True, skipQuota=True, skipQuotaReset=True)
    expected = {
        "enable_context_vars": True,
        "disable_rate_limit": True,
        "disable_quota": True,
        "dont_set_quota_on_create": True,
    }
    assert part(found, *expected) == expected


@pytest.mark.parametrize(
    ("member", "name"),
    [("transformRequestHeaders", "global_headers"), ("transformResponseHeaders", "global_response_headers")],
)
def test_headers_of_all_endpoints(member: str, name: str) -> None:
    expected = {name: {"X-New": "n"}, f"{name}_remove": ["X-Old"], f"{name}_disabled": False}
    assert part(version(**{member: {**ON, **HEADERS}}), *expected) == expected


@pytest.mark.parametrize(
    ("block", "limit", "disabled"),
    [({**ON, "value": 100}, 100, False), ({**ON, "value": 0}, 0, True), ({"enabled": False, "value": 5}, 5, True)],
)
def test_a_size_limit_of_nothing_is_none(block: dict[str, Any], limit: int, disabled: bool) -> None:
    found = version(requestSizeLimit=block)
    assert (found["global_size_limit"], found["global_size_limit_disabled"]) == (limit, disabled)


def test_case_of_endpoints() -> None:
    assert version(ignoreCase=ON)["ignore_endpoint_case"] is True
