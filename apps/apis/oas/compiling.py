"""The classic definition that a gateway reads beside an OpenAPI document.

A gateway takes request validation and mock responses from the document itself, and everything else from this. A block
of the extension that is not there switches off what it is about. Source: the conversion of gateways 5.8 to 5.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.apis.oas.authentication import authentication
from apps.apis.oas.endpoints import extended_paths
from apps.apis.oas.events import event_handlers
from apps.apis.oas.extension import EXTENSION, is_on, listed, objects, section
from apps.apis.oas.plugins import global_middleware, version_middleware
from apps.apis.oas.upstreams import proxy, snake_case, upstream

Definition = dict[str, Any]
Block = Mapping[str, Any]

NO_PATHS: dict[str, list[str]] = {"ignored": [], "white_list": [], "black_list": []}


def definition_of(document: Block) -> Definition:
    """Give the classic definition of a document; the ids in it are those of the document's extension."""
    extension = section(document, EXTENSION)
    server, onward = section(extension, "server"), section(extension, "upstream")
    middleware, custom = section(extension, "middleware", "global"), section(server, "authentication", "custom")
    return {
        **_info(section(extension, "info")),
        "is_oas": True,
        **_server(server),
        "proxy": proxy(onward, section(server, "listenPath")),
        **upstream(onward),
        **authentication(document),
        **global_middleware(middleware, custom),
        **_error_overrides(section(extension, "errorOverrides")),
        "version_data": {
            "not_versioned": True,
            "default_version": "",
            "versions": {"": _version(document, onward, middleware)},
        },
    }


def _info(info: Block) -> Definition:
    state, versioning = section(info, "state"), section(info, "versioning")
    return {
        "id": info.get("dbId", ""),
        "api_id": info.get("id", ""),
        "org_id": info.get("orgId", ""),
        "name": info.get("name", ""),
        "expiration": info.get("expiration", ""),
        "active": state.get("active") is True,
        "internal": state.get("internal") is True,
        "definition": {
            "enabled": is_on(versioning),
            "name": versioning.get("name", ""),
            "default": versioning.get("default", ""),
            "location": versioning.get("location", ""),
            "key": versioning.get("key", ""),
            "versions": {one.get("name", ""): one.get("id", "") for one in objects(versioning, "versions")},
            "strip_versioning_data": versioning.get("stripVersioningData") is True,
            "url_versioning_pattern": versioning.get("urlVersioningPattern", ""),
            "fallback_to_default": versioning.get("fallbackToDefault") is True,
        },
    }


def _server(server: Block) -> Definition:
    domain, certificates = section(server, "customDomain"), section(server, "clientCertificates")
    tags, addresses = section(server, "gatewayTags"), section(server, "ipAccessControl")
    return {
        "protocol": server.get("protocol", ""),
        "listen_port": server.get("port", 0),
        "domain": domain.get("name", ""),
        "domain_disabled": not is_on(domain),
        "certificates": listed(domain, "certificates"),
        "use_mutual_tls_auth": is_on(certificates),
        "client_certificates": listed(certificates, "allowlist"),
        "tags": listed(tags, "tags"),
        "tags_disabled": not is_on(tags),
        "enable_detailed_recording": is_on(section(server, "detailedActivityLogs")),
        "detailed_tracing": is_on(section(server, "detailedTracing")),
        "enable_batch_request_support": is_on(section(server, "batchProcessing")),
        "allowed_ips": listed(addresses, "allow"),
        "blacklisted_ips": listed(addresses, "block"),
        "ip_access_control_disabled": not is_on(addresses),
        "event_handlers": {"events": event_handlers(server)},
    }


def _error_overrides(block: Block) -> Definition:
    return {
        "error_overrides": {code: _overrides(rules) for code, rules in section(block, "value").items()},
        "error_overrides_disabled": not is_on(block),
    }


def _overrides(rules: Any) -> Any:
    """Give rules in the other spelling, but for the names of headers, which are nobody's members."""
    changed = snake_case(rules)
    for rule, spelled in zip(rules, changed, strict=True) if isinstance(rules, list) else ():
        if headers := section(rule, "response", "headers"):
            spelled["response"]["headers"] = headers
    return changed


def _version(document: Block, onward: Block, middleware: Block) -> Definition:
    timeout = section(onward, "enforceTimeout")
    return {
        "name": "",
        "expires": "",
        "paths": NO_PATHS,
        "use_extended_paths": True,
        "extended_paths": extended_paths(document),
        **version_middleware(middleware),
        "global_enforce_timeout": timeout.get("duration", ""),
        "global_enforce_timeout_disabled": not is_on(timeout),
    }
