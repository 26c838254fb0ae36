"""What happens to requests of one operation."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.oas.compiling import definition_of
from apps.apis.oas.endpoints import path_order
from tests.apis.oas.documents import ANSWER, document

ON = {"enabled": True}
HEADERS = {"remove": ["X-Old"], "add": [{"name": "X-New", "value": "n"}]}


def paths(settings: Any, of: dict[str, Any] | None = None) -> dict[str, Any]:
    found = definition_of(document(of, middleware={"operations": settings}))
    extended: dict[str, Any] = found["version_data"]["versions"][""]["extended_paths"]
    return extended


def entry(name: str, settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give the list that a block of one operation goes to, and what it says there beside the place."""
    ((list_, (found,)),) = paths({"listMenu": {name: settings}}).items()
    assert (found.pop("path"), found.pop("method")) == ("/menu", "GET")
    return list_, found


@pytest.mark.parametrize("state", [True, False])
@pytest.mark.parametrize(
    ("block", "said", "list_", "expected"),
    [
        ("allow", {"ignoreCase": True}, "white_list", {"ignore_case": True}),
        ("block", {}, "black_list", {"ignore_case": False}),
        ("ignoreAuthentication", {}, "ignored", {"ignore_case": False}),
        ("internal", {}, "internal", {}),
        ("trackEndpoint", {}, "track_endpoints", {}),
        ("doNotTrackEndpoint", {}, "do_not_track_endpoints", {}),
        ("transformRequestMethod", {"toMethod": "POST"}, "method_transforms", {"to_method": "POST"}),
        (
            "transformRequestBody",
            {"format": "json", "body": "e30="},
            "transform",
            {
                "template_data": {
                    "input_type": "json",
                    "template_mode": "blob",
                    "enable_session": True,
                    "template_source": "e30=",
                }
            },
        ),
        (
            "transformResponseBody",
            {"format": "xml", "path": "t.tmpl"},
            "transform_response",
            {
                "template_data": {
                    "input_type": "xml",
                    "template_mode": "file",
                    "enable_session": True,
                    "template_source": "t.tmpl",
                }
            },
        ),
        *(
            (member, HEADERS, name, {"delete_headers": ["X-Old"], "add_headers": {"X-New": "n"}, "act_on": False})
            for member, name in (
                ("transformRequestHeaders", "transform_headers"),
                ("transformResponseHeaders", "transform_response_headers"),
            )
        ),
        (
            "cache",
            {"cacheByRegex": "x", "cacheResponseCodes": [200], "timeout": 5},
            "advance_cache_config",
            {"cache_key_regex": "x", "cache_response_codes": [200], "timeout": 5},
        ),
        ("enforceTimeout", {"value": 3}, "hard_timeouts", {"timeout": 3}),
        ("enforceTimeout", {"duration": "2500ms"}, "hard_timeouts", {"timeout": 2, "duration": "2500ms"}),
        (
            "virtualEndpoint",
            {"functionName": "f", "body": "Yg==", "proxyOnError": True, "requireSession": True},
            "virtual",
            {
                "response_function_name": "f",
                "function_source_type": "blob",
                "function_source_uri": "Yg==",
                "proxy_on_error": True,
                "use_session": True,
            },
        ),
        (
            "virtualEndpoint",
            {"functionName": "f", "path": "v.js"},
            "virtual",
            {
                "response_function_name": "f",
                "function_source_type": "file",
                "function_source_uri": "v.js",
                "proxy_on_error": False,
                "use_session": False,
            },
        ),
        (
            "circuitBreaker",
            {"threshold": 0.5, "sampleSize": 10, "coolDownPeriod": 60, "halfOpenStateEnabled": True},
            "circuit_breakers",
            {
                "threshold_percent": 0.5,
                "samples": 10,
                "return_to_service_after": 60,
                "disable_half_open_state": False,
            },
        ),
        ("requestSizeLimit", {"value": 100}, "size_limits", {"size_limit": 100}),
        ("rateLimit", {"rate": 10, "per": "1m"}, "rate_limit", {"rate": 10, "per": 60}),
    ],
)
def test_blocks_of_one_operation(
    block: str, said: dict[str, Any], list_: str, expected: dict[str, Any], state: bool
) -> None:
    assert entry(block, {"enabled": state, **said}) == (list_, {"disabled": not state, **expected})


def test_the_first_plugin_runs() -> None:
    plugins = [{"enabled": True, "path": "p.so", "functionName": "f"}, {"enabled": True, "path": "q.so"}]
    found = paths({"listMenu": {"postPlugins": plugins}})["go_plugin"]
    assert found == [{"disabled": False, "path": "/menu", "method": "GET", "plugin_path": "p.so", "func_name": "f"}]


def test_a_rewrite_has_triggers_with_rules_by_place() -> None:
    rules = [
        {"in": "query", "name": "q", "pattern": "1", "negate": True},
        {"in": "path", "name": "p", "pattern": "2"},
        {"in": "header", "name": "h", "pattern": "3"},
        {"in": "sessionMetadata", "name": "s", "pattern": "4"},
        {"in": "requestContext", "name": "c", "pattern": "5"},
        {"in": "requestBody", "pattern": "6"},
    ]
    settings = {
        "enabled": True,
        "pattern": "(.*)",
        "rewriteTo": "/b",
        "triggers": [{"condition": "any", "rules": rules, "rewriteTo": "/c"}],
    }

    def match(text: str, *, reverse: bool = False) -> dict[str, Any]:
        return {"match_rx": text, "reverse": reverse}

    list_, found = entry("urlRewrite", settings)
    assert list_ == "url_rewrites"
    assert found == {
        "disabled": False,
        "match_pattern": "(.*)",
        "rewrite_to": "/b",
        "triggers": [
            {
                "on": "any",
                "options": {
                    "query_val_matches": {"q": match("1", reverse=True)},
                    "path_part_matches": {"p": match("2")},
                    "header_matches": {"h": match("3")},
                    "session_meta_matches": {"s": match("4")},
                    "request_context_matches": {"c": match("5")},
                    "payload_matches": match("6"),
                },
                "rewrite_to": "/c",
            }
        ],
    }


@pytest.mark.parametrize("block", ["validateRequest", "mockResponse", "somethingNew"])
def test_what_gateways_read_from_the_document_is_no_entry(block: str) -> None:
    assert paths({"listMenu": {block: ON}}) == {}


def test_operations_that_are_not_there_have_no_entry() -> None:
    assert paths({"other": {"allow": ON}}) == {}


def test_an_operation_without_id_is_called_by_path_and_method() -> None:
    found = paths({"menu/{id}get": {"trackEndpoint": ON}}, {"/menu/{id}": {"get": {"responses": ANSWER}}})
    assert found == {"track_endpoints": [{"disabled": False, "path": "/menu/{id}", "method": "GET"}]}


ORDER = ["/a/{x}/b/c", "/a/bb/c", "/a/b/{x}", "/bb/c", "/a/b", "/a/{id}", "/b/{id}", "/abc", "/a", "/b", "/"]


def test_the_most_particular_path_comes_first() -> None:
    assert sorted(sorted(ORDER), key=path_order) == ORDER


def test_entries_stand_in_the_order_in_which_gateways_look() -> None:
    wanted = {path: {"post": {"operationId": f"{path} post"}, "get": {"operationId": path}} for path in sorted(ORDER)}
    settings = {name: {"allow": ON, "block": ON} for path in ORDER for name in (path, f"{path} post")}
    found = paths(settings, wanted)
    both = [(path, method) for path in ORDER for method in ("GET", "POST")]
    assert [(one["path"], one["method"]) for one in found["black_list"]] == both
    assert [(one["path"], one["method"]) for one in found["white_list"]] == sorted(both)
