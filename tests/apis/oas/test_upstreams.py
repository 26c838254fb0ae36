"""Where requests go on to."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.oas.durations import nanoseconds, seconds
from tests.apis.oas.documents import compiled, part

ON = {"enabled": True}


def upstream(**blocks: Any) -> dict[str, Any]:
    return compiled(upstream={"url": "http://menu.example", **blocks})


def test_the_address() -> None:
    found = upstream(preserveHostHeader=ON, preserveTrailingSlash=ON)["proxy"]
    assert part(found, "target_url", "preserve_host_header", "disable_strip_slash") == {
        "target_url": "http://menu.example",
        "preserve_host_header": True,
        "disable_strip_slash": True,
    }


@pytest.mark.parametrize(
    ("block", "disabled", "timeout"),
    [
        ({"cache": {"enabled": True, "timeout": 20}}, False, 20),
        ({"cache": {"enabled": False, "timeout": 20}}, True, 20),
        ({"cacheTimeout": 30}, False, 30),
        ({"cacheTimeout": 0}, True, 0),
        ({"cache": {"enabled": False}, "cacheTimeout": 30}, True, 0),
    ],
)
def test_service_discovery(block: dict[str, Any], disabled: bool, timeout: int) -> None:
    said = {
        "enabled": True,
        "queryEndpoint": "http://d.example",
        "dataPath": "a",
        "useNestedQuery": True,
        "parentDataPath": "p",
        "portDataPath": "o",
        "useTargetList": True,
        "targetPath": "t",
        "endpointReturnsList": True,
    }
    assert upstream(serviceDiscovery={**said, **block})["proxy"]["service_discovery"] == {
        "use_discovery_service": True,
        "query_endpoint": "http://d.example",
        "data_path": "a",
        "use_nested_query": True,
        "parent_data_path": "p",
        "port_data_path": "o",
        "use_target_list": True,
        "target_path": "t",
        "endpoint_returns_list": True,
        "cache_disabled": disabled,
        "cache_timeout": timeout,
    }


def test_uptime_tests_count_in_nanoseconds_and_seconds() -> None:
    test = {
        "url": "tcp://m.example:80",
        "timeout": "1.5s",
        "method": "GET",
        "headers": {"A": "b"},
        "body": "x",
        "commands": [{"name": "send", "message": "ping"}],
        "enableProxyProtocol": True,
    }
    found = upstream(
        uptimeTests={"enabled": True, "tests": [test], "hostDownRetestPeriod": "10s", "logRetentionPeriod": "1h"}
    )["uptime_tests"]
    assert found["disabled"] is False
    assert found["check_list"] == [
        {
            "url": "tcp://m.example:80",
            "protocol": "tcp",
            "timeout": 1_500_000_000,
            "method": "GET",
            "headers": {"A": "b"},
            "body": "x",
            "enable_proxy_protocol": True,
            "commands": [{"name": "send", "message": "ping"}],
        }
    ]
    assert part(found["config"], "recheck_wait", "expire_utime_after") == {
        "recheck_wait": 10,
        "expire_utime_after": 3600,
    }


def test_certificates_by_domain() -> None:
    found = upstream(
        mutualTLS={**ON, "domainToCertificateMapping": [{"domain": "a.example", "certificate": "c"}]},
        certificatePinning={**ON, "domainToPublicKeysMapping": [{"domain": "*", "publicKeys": ["k1", "k2"]}]},
    )
    expected = {
        "upstream_certificates": {"a.example": "c"},
        "upstream_certificates_disabled": False,
        "pinned_public_keys": {"*": "k1,k2"},
        "certificate_pinning_disabled": False,
    }
    assert part(found, *expected) == expected


def test_the_rate_limit_counts_whole_seconds() -> None:
    found = upstream(rateLimit={**ON, "rate": 5, "per": "1m0.9s"})
    assert found["global_rate_limit"] == {"disabled": False, "rate": 5, "per": 60}


def test_requests_are_signed() -> None:
    signing = {
        "enabled": True,
        "signatureHeader": "S",
        "algorithm": "hmac-sha256",
        "keyId": "k",
        "headers": ["date"],
        "secret": "s",
        "certificateId": "c",
    }
    found = upstream(authentication={"enabled": True, "requestSigning": signing})
    assert found["request_signing"] == {
        "is_enabled": True,
        "signature_header": "S",
        "algorithm": "hmac-sha256",
        "key_id": "k",
        "header_list": ["date"],
        "secret": "s",
        "certificate_id": "c",
    }
    assert "upstream_auth" not in found


def test_what_only_commercial_gateways_do_is_handed_on() -> None:
    oauth = {"enabled": True, "clientCredentials": {"tokenUrl": "http://t.example", "clientId": "c"}}
    assert upstream(authentication={"enabled": True, "oauth": oauth})["upstream_auth"] == {
        "enabled": True,
        "oauth": {"enabled": True, "client_credentials": {"token_url": "http://t.example", "client_id": "c"}},
    }


def test_targets_are_repeated_by_weight() -> None:
    targets = [{"url": "http://a.example", "weight": 2}, {"url": "http://b.example", "weight": 1}]
    found = upstream(loadBalancing={**ON, "skipUnavailableHosts": True, "targets": targets})["proxy"]
    expected = {
        "enable_load_balancing": True,
        "check_host_against_uptime_tests": True,
        "target_list": ["http://a.example", "http://a.example", "http://b.example"],
    }
    assert part(found, *expected) == expected


def test_without_targets_nothing_is_balanced() -> None:
    found = upstream(loadBalancing={**ON, "skipUnavailableHosts": True})["proxy"]
    expected = {"enable_load_balancing": False, "check_host_against_uptime_tests": False, "target_list": []}
    assert part(found, *expected) == expected


def test_tls_versions_are_numbers() -> None:
    tls = {
        "insecureSkipVerify": True,
        "ciphers": ["X"],
        "minVersion": "1.2",
        "maxVersion": "1.3",
        "forceCommonNameCheck": True,
    }
    found = upstream(tlsTransport=tls, proxy={"enabled": False, "url": "http://proxy.example"})["proxy"]["transport"]
    assert found == {
        "ssl_insecure_skip_verify": True,
        "ssl_ciphers": ["X"],
        "ssl_min_version": 771,
        "ssl_max_version": 772,
        "ssl_force_common_name_check": True,
        "proxy_url": "http://proxy.example",
    }


def test_the_timeout_of_all_endpoints_stands_in_the_version() -> None:
    version = upstream(enforceTimeout={**ON, "duration": "500ms"})["version_data"]["versions"][""]
    assert part(version, "global_enforce_timeout", "global_enforce_timeout_disabled") == {
        "global_enforce_timeout": "500ms",
        "global_enforce_timeout_disabled": False,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1h30m", 5400 * 10**9),
        ("500ms", 500 * 10**6),
        ("1.5s", 1_500_000_000),
        (".5s", 500_000_000),
        ("2us", 2000),
        ("2µs", 2000),
        ("2μs", 2000),
        ("-1s", -(10**9)),
        ("+1s", 10**9),
        *[(text, 0) for text in ("", "0", "5", "1d", "s", "1 s", "1h ", "١s", "9999999999999h")],
        (5, 0),
        (None, 0),
    ],
)
def test_durations_are_read_as_go_reads_them(text: object, expected: int) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("1.9s", 1), ("-1.9s", -1), ("900ms", 0), ("2m", 120)])
def test_seconds_are_whole(text: str, expected: int) -> None:
    assert seconds(text) == expected
