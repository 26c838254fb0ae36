"""Where requests go on to: ``upstream`` of the extension, as a classic definition has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.apis.oas.durations import nanoseconds, seconds
from apps.apis.oas.extension import is_on, listed, objects, section

Block = Mapping[str, Any]

TLS_VERSIONS = {"1.0": 769, "1.1": 770, "1.2": 771, "1.3": 772}
CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
MAX_WEIGHT = 100  # how often a target is repeated at most


def upstream(block: Block) -> dict[str, Any]:
    """Give the members that come of ``upstream``, but for ``proxy``."""
    tls, pinning = section(block, "mutualTLS"), section(block, "certificatePinning")
    rate, signing = section(block, "rateLimit"), section(block, "authentication", "requestSigning")
    keys = objects(pinning, "domainToPublicKeysMapping")
    return {
        "uptime_tests": _uptime_tests(section(block, "uptimeTests")),
        "upstream_certificates": {
            one.get("domain", ""): one.get("certificate", "") for one in objects(tls, "domainToCertificateMapping")
        },
        "upstream_certificates_disabled": not is_on(tls),
        "pinned_public_keys": {one.get("domain", ""): ",".join(listed(one, "publicKeys")) for one in keys},
        "certificate_pinning_disabled": not is_on(pinning),
        "global_rate_limit": {
            "disabled": not is_on(rate),
            "rate": rate.get("rate", 0),
            "per": seconds(rate.get("per")),
        },
        "request_signing": {
            "is_enabled": is_on(signing),
            "secret": signing.get("secret", ""),
            "key_id": signing.get("keyId", ""),
            "algorithm": signing.get("algorithm", ""),
            "header_list": listed(signing, "headers"),
            "certificate_id": signing.get("certificateId", ""),
            "signature_header": signing.get("signatureHeader", ""),
        },
        **_upstream_auth(section(block, "authentication")),
    }


def proxy(block: Block, listen_path: Block) -> dict[str, Any]:
    """Give how requests come in and go on."""
    balancing, tls = section(block, "loadBalancing"), section(block, "tlsTransport")
    targets = objects(balancing, "targets")
    balances = bool(targets) and is_on(balancing)
    return {
        "listen_path": listen_path.get("value", ""),
        "strip_listen_path": listen_path.get("strip") is True,
        "target_url": block.get("url", ""),
        "preserve_host_header": is_on(section(block, "preserveHostHeader")),
        "disable_strip_slash": is_on(section(block, "preserveTrailingSlash")),
        "enable_load_balancing": balances,
        "check_host_against_uptime_tests": bool(targets) and balancing.get("skipUnavailableHosts") is True,
        "target_list": [one.get("url", "") for one in targets for _ in range(min(one.get("weight", 0), MAX_WEIGHT))],
        "service_discovery": _service_discovery(section(block, "serviceDiscovery")),
        "transport": {
            "ssl_insecure_skip_verify": tls.get("insecureSkipVerify") is True,
            "ssl_ciphers": listed(tls, "ciphers"),
            "ssl_min_version": TLS_VERSIONS.get(tls.get("minVersion", ""), 0),
            "ssl_max_version": TLS_VERSIONS.get(tls.get("maxVersion", ""), 0),
            "ssl_force_common_name_check": tls.get("forceCommonNameCheck") is True,
            "proxy_url": section(block, "proxy").get("url", ""),
        },
    }


def _service_discovery(block: Block) -> dict[str, Any]:
    cache, old_timeout = section(block, "cache"), block.get("cacheTimeout", 0)
    return {
        "use_discovery_service": is_on(block),
        "query_endpoint": block.get("queryEndpoint", ""),
        "use_nested_query": block.get("useNestedQuery") is True,
        "parent_data_path": block.get("parentDataPath", ""),
        "data_path": block.get("dataPath", ""),
        "port_data_path": block.get("portDataPath", ""),
        "target_path": block.get("targetPath", ""),
        "use_target_list": block.get("useTargetList") is True,
        "cache_disabled": not (is_on(cache) if cache else old_timeout > 0),
        "cache_timeout": cache.get("timeout", 0) if cache else old_timeout,
        "endpoint_returns_list": block.get("endpointReturnsList") is True,
    }


def _uptime_tests(block: Block) -> dict[str, Any]:
    return {
        "disabled": not is_on(block),
        "check_list": [_uptime_test(test) for test in objects(block, "tests")],
        "config": {
            "expire_utime_after": seconds(block.get("logRetentionPeriod")),
            "recheck_wait": seconds(block.get("hostDownRetestPeriod")),
            "service_discovery": _service_discovery(section(block, "serviceDiscovery")),
        },
    }


def _uptime_test(test: Block) -> dict[str, Any]:
    url = test.get("url", "")
    return {
        "url": url,
        "protocol": urlsplit(url).scheme,
        "timeout": nanoseconds(test.get("timeout")),
        "enable_proxy_protocol": test.get("enableProxyProtocol") is True,
        "commands": [
            {"name": one.get("name", ""), "message": one.get("message", "")} for one in objects(test, "commands")
        ],
        "method": test.get("method", ""),
        "headers": section(test, "headers"),
        "body": test.get("body", ""),
    }


def _upstream_auth(block: Block) -> dict[str, Any]:
    """Give how the gateway authenticates with the upstream, if that is said; only commercial gateways do it."""
    said = {name: block[name] for name in ("enabled", "basicAuth", "oauth") if name in block}
    return {"upstream_auth": snake_case(said)} if said.keys() - {"enabled"} else {}


def snake_case(value: Any) -> Any:
    """Give a document with the names of its members in the other spelling: ``tokenUrl`` is ``token_url``."""
    if isinstance(value, Mapping):
        return {CAPITAL.sub(r"_\1", name).lower(): snake_case(inner) for name, inner in value.items()}
    return [snake_case(inner) for inner in value] if isinstance(value, list) else value
