"""The classic definition that a gateway reads beside a document: gateway-side identity, listening and versions."""

from __future__ import annotations

import pytest

from apps.apis.oas.compiling import definition_of
from tests.apis.oas.documents import compiled, document, extension, part, plain


def test_what_is_not_said_is_switched_off() -> None:
    found = compiled()
    version = found["version_data"]["versions"][""]
    assert [
        name for name in found if (name.endswith("_disabled") or name == "do_not_track") and found[name] is not True
    ] == []
    assert {name for name in found if name.endswith("_disabled")} == {
        *("tags_disabled", "upstream_certificates_disabled", "certificate_pinning_disabled", "domain_disabled"),
        *("custom_middleware_bundle_disabled", "config_data_disabled", "error_overrides_disabled"),
        "ip_access_control_disabled",
    }
    assert found["do_not_track"] is True
    assert found["global_rate_limit"] == {"disabled": True, "rate": 0, "per": 0}
    assert found["custom_middleware"]["auth_check"]["disabled"] is True
    assert found["custom_middleware"]["id_extractor"]["disabled"] is True
    assert found["proxy"]["service_discovery"]["cache_disabled"] is True
    assert found["uptime_tests"]["config"]["service_discovery"]["cache_disabled"] is True
    assert {name: version[name] for name in version if name.endswith("_disabled")} == {
        "global_headers_disabled": True,
        "global_response_headers_disabled": True,
        "global_size_limit_disabled": True,
        "global_enforce_timeout_disabled": True,
    }


def test_it_has_one_version_without_name() -> None:
    found = compiled()
    data = found["version_data"]
    assert part(data, "not_versioned", "default_version") == {"not_versioned": True, "default_version": ""}
    assert list(data["versions"]) == [""]
    assert part(data["versions"][""], "name", "use_extended_paths", "extended_paths") == {
        "name": "",
        "use_extended_paths": True,
        "extended_paths": {},
    }
    assert found["is_oas"] is True


@pytest.mark.parametrize("made", [{}, plain(), {**plain(), "x-tyk-api-gateway": {}}])
def test_a_document_that_says_nothing_has_a_definition(made: dict[str, object]) -> None:
    assert definition_of(made)["proxy"]["listen_path"] == ""


def test_ids_name_and_state_come_from_info() -> None:
    info = {
        "id": "menu",
        "dbId": "a" * 24,
        "orgId": "b" * 24,
        "name": "Menu #1",
        "expiration": "2030-01-02 15:04",
        "state": {"active": True, "internal": True},
    }
    assert part(compiled(info=info), "id", "api_id", "org_id", "name", "expiration", "active", "internal") == {
        "id": "a" * 24,
        "api_id": "menu",
        "org_id": "b" * 24,
        "name": "Menu #1",
        "expiration": "2030-01-02 15:04",
        "active": True,
        "internal": True,
    }
    assert compiled(info={"name": "Menu", "state": {"active": False}})["active"] is False


def test_versions_are_other_apis() -> None:
    versioning = {
        "enabled": True,
        "name": "v1",
        "default": "self",
        "location": "url-param",
        "key": "v",
        "versions": [{"name": "v2", "id": "menu-2"}, {"name": "v3", "id": "menu-3"}],
        "stripVersioningData": True,
        "urlVersioningPattern": "v[0-9]",
        "fallbackToDefault": True,
    }
    assert compiled(info={**extension()["info"], "versioning": versioning})["definition"] == {
        "enabled": True,
        "name": "v1",
        "default": "self",
        "location": "url-param",
        "key": "v",
        "versions": {"v2": "menu-2", "v3": "menu-3"},
        "strip_versioning_data": True,
        "url_versioning_pattern": "v[0-9]",
        "fallback_to_default": True,
    }


def test_server_says_where_it_listens_and_what_it_logs() -> None:
    on = {"enabled": True}
    server = {
        "listenPath": {"value": "/menu/", "strip": True},
        "protocol": "https",
        "port": 8443,
        "customDomain": {**on, "name": "menu.example", "certificates": ["c1"]},
        "clientCertificates": {**on, "allowlist": ["c2"]},
        "gatewayTags": {**on, "tags": ["edge"]},
        "detailedActivityLogs": on,
        "detailedTracing": on,
        "batchProcessing": on,
        "ipAccessControl": {**on, "allow": ["10.0.0.1"], "block": ["10.0.0.2"]},
    }
    found = compiled(server=server)
    assert part(found["proxy"], "listen_path", "strip_listen_path") == {
        "listen_path": "/menu/",
        "strip_listen_path": True,
    }
    expected = {
        "protocol": "https",
        "listen_port": 8443,
        "domain": "menu.example",
        "domain_disabled": False,
        "certificates": ["c1"],
        "use_mutual_tls_auth": True,
        "client_certificates": ["c2"],
        "tags": ["edge"],
        "tags_disabled": False,
        "enable_detailed_recording": True,
        "detailed_tracing": True,
        "enable_batch_request_support": True,
        "allowed_ips": ["10.0.0.1"],
        "blacklisted_ips": ["10.0.0.2"],
        "ip_access_control_disabled": False,
    }
    assert part(found, *expected) == expected


def test_a_block_that_is_switched_off_keeps_its_values() -> None:
    found = compiled(server={"customDomain": {"enabled": False, "name": "menu.example"}})
    assert part(found, "domain", "domain_disabled") == {"domain": "menu.example", "domain_disabled": True}


def test_handlers_of_events_come_in_three_types() -> None:
    handlers = [
        {
            "enabled": True,
            "trigger": "QuotaExceeded",
            "type": "webhook",
            "id": "w",
            "name": "Tell",
            "url": "http://hook.example",
            "method": "POST",
            "cooldownPeriod": "1m30s",
            "bodyTemplate": "t.json",
            "headers": [{"name": "X-Kind", "value": "quota"}],
        },
        {
            "enabled": False,
            "trigger": "QuotaExceeded",
            "type": "custom",
            "functionName": "tell",
            "path": "t.js",
        },
        {"enabled": True, "trigger": "AuthFailure", "type": "log", "logPrefix": "menu: "},
        {"enabled": True, "trigger": "AuthFailure", "type": "pigeon"},
    ]
    assert compiled(server={"eventHandlers": handlers})["event_handlers"]["events"] == {
        "QuotaExceeded": [
            {
                "handler_name": "eh_web_hook_handler",
                "handler_meta": {
                    "disabled": False,
                    "id": "w",
                    "name": "Tell",
                    "method": "POST",
                    "target_path": "http://hook.example",
                    "template_path": "t.json",
                    "header_map": {"X-Kind": "quota"},
                    "event_timeout": 90,
                },
            },
            {
                "handler_name": "eh_dynamic_handler",
                "handler_meta": {"disabled": True, "id": "", "name": "tell", "path": "t.js"},
            },
        ],
        "AuthFailure": [{"handler_name": "eh_log_handler", "handler_meta": {"disabled": False, "prefix": "menu: "}}],
    }


def test_error_overrides_are_spelled_the_other_way() -> None:
    rule = {
        "match": {"flag": "AMF", "messagePattern": "x.*", "bodyField": "f", "bodyValue": "v"},
        "response": {"statusCode": 418, "body": "b", "headers": {"X-MyName": "camelCase"}},
    }
    found = compiled(errorOverrides={"enabled": True, "value": {"401": [rule]}})
    assert found["error_overrides_disabled"] is False
    assert found["error_overrides"] == {
        "401": [
            {
                "match": {"flag": "AMF", "message_pattern": "x.*", "body_field": "f", "body_value": "v"},
                "response": {"status_code": 418, "body": "b", "headers": {"X-MyName": "camelCase"}},
            }
        ]
    }


def test_the_document_is_left_alone_and_the_answer_is_the_same_each_time() -> None:
    made = document()
    before = repr(made)
    assert definition_of(made) == definition_of(made)
    assert repr(made) == before
