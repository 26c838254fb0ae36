"""An OpenAPI document that says what a classic definition says: the way back of ``compiling``.

What a document cannot say is told by ``left_out``, so that nobody loses it unknowingly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.apis.classic import slug_of
from apps.apis.oas.classic_authentication import authentication
from apps.apis.oas.classic_endpoints import NOT_AS_LISTS, endpoints
from apps.apis.oas.compiling import definition_of
from apps.apis.oas.extension import EXTENSION, Document, is_on, listed, section

Block = Mapping[str, Any]

#: Members that a document says otherwise, or that mean nothing beside one.
NOT_COMPARED = frozenset(
    {
        *("id", "api_id", "org_id", "slug", "is_oas", "auth", "auth_provider", "session_provider", "definition"),
        *("version_data", "response_processors", "enable_ip_whitelisting", "enable_ip_blacklisting", "event_handlers"),
        *("enable_coprocess_auth", "use_go_plugin_auth", "enable_proxy_protocol", "is_site", "security_requirements"),
        *("jwt_scope_to_policy_mapping", "jwt_scope_claim_name", "base_identity_provided_by"),
    }
)
CHAINS = {
    "pre": "prePlugins",
    "post_key_auth": "postAuthenticationPlugins",
    "post": "postPlugins",
    "response": "responsePlugins",
}
TLS_VERSIONS = {769: "1.0", 770: "1.1", 771: "1.2", 772: "1.3"}


def document_of(definition: Block) -> Document:
    """Give the document of a definition that has one version; ids are not in it."""
    version = version_of(definition)
    paths, operations = endpoints(section(version, "extended_paths"))
    name = str(definition.get("name", ""))
    said = authentication(definition)
    middleware = {"global": _global(definition, version), **({"operations": operations} if operations else {})}
    extension = {
        "info": _info(definition),
        "upstream": _upstream(definition),
        "server": _server(definition, said["authentication"]),
        "middleware": middleware,
    }
    document: Document = {
        "openapi": "3.0.3",
        "info": {"title": name or slug_of(name) or "API", "version": "1.0.0"},
        "paths": paths,
        **(
            {"security": said["security"], "components": {"securitySchemes": said["schemes"]}}
            if said["schemes"]
            else {}
        ),
        EXTENSION: {block: value for block, value in extension.items() if value},
    }
    return document


def version_of(definition: Block) -> dict[str, Any]:
    """Give the one version of a definition; empty when it has none or several."""
    versions = section(definition, "version_data", "versions")
    return section(versions, next(iter(versions))) if len(versions) == 1 else {}


def left_out(definition: Block, document: Block) -> list[str]:
    """Name the members of a definition that a gateway would not read out of its document."""
    compiled = definition_of(document)
    compared = {name: value for name, value in definition.items() if name not in NOT_COMPARED}
    lost = list(_differing(compared, compiled, ""))
    wanted = section(version_of(definition), "extended_paths")
    made = section(compiled["version_data"]["versions"][""], "extended_paths")
    lost += [f"extended_paths.{name}" for name in wanted if wanted[name] and name not in {*made, *NOT_AS_LISTS}]
    if is_on(section(definition, "event_handlers")) or section(definition, "event_handlers", "events"):
        lost.append("event_handlers")
    return sorted(lost)


def _differing(wanted: Block, made: Any, place: str) -> Iterator[str]:
    """Give the places where something is said that is not made: nothing, false and 0 are not said."""
    for name, value in wanted.items():
        found = made.get(name) if isinstance(made, Mapping) else None
        if isinstance(value, Mapping):
            yield from _differing(value, found, f"{place}{name}.")
        elif isinstance(found, list) and _are_objects(value) and _are_objects(found) and len(value) == len(found):
            pairs = enumerate(zip(value, found, strict=True))
            yield from (one for step, pair in pairs for one in _differing(*pair, f"{place}{name}.{step}."))
        elif value and value != found and not _is_switched_off(name):
            yield f"{place}{name}"


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _is_switched_off(name: str) -> bool:
    return name.endswith("disabled")


def _info(definition: Block) -> dict[str, Any]:
    state = {"active": definition.get("active") is True, "internal": definition.get("internal") is True}
    expiration = definition.get("expiration")
    versioning = section(definition, "definition")
    told = {"versioning": _versioning(versioning)} if is_on(versioning) else {}
    name = definition.get("name") or "API"
    return {"name": name, "state": state, **({"expiration": expiration} if expiration else {}), **told}


def _versioning(block: Block) -> dict[str, Any]:
    versions = [{"name": name, "id": id_} for name, id_ in section(block, "versions").items()]
    names = {"name": "name", "default": "default", "location": "location", "key": "key"}
    return {"enabled": True, **{name: block.get(member, "") for name, member in names.items()}, "versions": versions}


def _server(definition: Block, said: dict[str, Any]) -> dict[str, Any]:
    proxy = section(definition, "proxy")
    blocks: dict[str, Any] = {
        "listenPath": {"value": proxy.get("listen_path", ""), "strip": proxy.get("strip_listen_path") is True}
    }
    blocks |= {name: definition[name] for name in ("protocol",) if definition.get(name)}
    if definition.get("listen_port"):
        blocks["port"] = definition["listen_port"]
    for name, member in (
        ("detailedActivityLogs", "enable_detailed_recording"),
        ("detailedTracing", "detailed_tracing"),
        ("batchProcessing", "enable_batch_request_support"),
    ):
        if definition.get(member) is True:
            blocks[name] = {"enabled": True}
    if definition.get("domain") or listed(definition, "certificates"):
        blocks["customDomain"] = {
            "enabled": definition.get("domain_disabled") is not True,
            "name": definition.get("domain", ""),
            "certificates": listed(definition, "certificates"),
        }
    if definition.get("use_mutual_tls_auth") is True or listed(definition, "client_certificates"):
        enabled = definition.get("use_mutual_tls_auth") is True
        blocks["clientCertificates"] = {"enabled": enabled, "allowlist": listed(definition, "client_certificates")}
    if tags := listed(definition, "tags"):
        blocks["gatewayTags"] = {"enabled": definition.get("tags_disabled") is not True, "tags": tags}
    if listed(definition, "allowed_ips") or listed(definition, "blacklisted_ips"):
        blocks["ipAccessControl"] = {
            "enabled": definition.get("ip_access_control_disabled") is not True,
            "allow": listed(definition, "allowed_ips"),
            "block": listed(definition, "blacklisted_ips"),
        }
    return {**blocks, **({"authentication": said} if said else {})}


def _upstream(definition: Block) -> dict[str, Any]:
    proxy, rate = section(definition, "proxy"), section(definition, "global_rate_limit")
    blocks: dict[str, Any] = {"url": proxy.get("target_url", "")}
    if targets := listed(proxy, "target_list"):
        weights = {url: targets.count(url) for url in targets}
        blocks["loadBalancing"] = {
            "enabled": proxy.get("enable_load_balancing") is True,
            "skipUnavailableHosts": proxy.get("check_host_against_uptime_tests") is True,
            "targets": [{"url": url, "weight": weight} for url, weight in weights.items()],
        }
    for name, member in (
        ("preserveHostHeader", "preserve_host_header"),
        ("preserveTrailingSlash", "disable_strip_slash"),
    ):
        if proxy.get(member) is True:
            blocks[name] = {"enabled": True}
    if rate.get("rate"):
        per = f"{int(rate.get('per') or 0)}s"
        blocks["rateLimit"] = {"enabled": rate.get("disabled") is not True, "rate": rate["rate"], "per": per}
    return blocks | _secured(definition)


def _secured(definition: Block) -> dict[str, Any]:
    blocks: dict[str, Any] = {}
    if certificates := section(definition, "upstream_certificates"):
        mapping = [{"domain": domain, "certificate": one} for domain, one in certificates.items()]
        enabled = definition.get("upstream_certificates_disabled") is not True
        blocks["mutualTLS"] = {"enabled": enabled, "domainToCertificateMapping": mapping}
    if keys := section(definition, "pinned_public_keys"):
        pinned = [{"domain": domain, "publicKeys": str(ids).split(",")} for domain, ids in keys.items()]
        enabled = definition.get("certificate_pinning_disabled") is not True
        blocks["certificatePinning"] = {"enabled": enabled, "domainToPublicKeysMapping": pinned}
    transport = section(definition, "proxy", "transport")
    if any(transport.values()):
        blocks["tlsTransport"] = {
            "insecureSkipVerify": transport.get("ssl_insecure_skip_verify") is True,
            "ciphers": listed(transport, "ssl_ciphers"),
            "minVersion": TLS_VERSIONS.get(transport.get("ssl_min_version") or 0, ""),
            "maxVersion": TLS_VERSIONS.get(transport.get("ssl_max_version") or 0, ""),
            "forceCommonNameCheck": transport.get("ssl_force_common_name_check") is True,
        }
        if transport.get("proxy_url"):
            blocks["proxy"] = {"enabled": True, "url": transport["proxy_url"]}
    return blocks


def _global(definition: Block, version: Block) -> dict[str, Any]:
    counts = definition.get("do_not_track") is not True
    blocks: dict[str, Any] = {
        "trafficLogs": {
            "enabled": counts,
            **({"tagHeaders": listed(definition, "tag_headers")} if listed(definition, "tag_headers") else {}),
            **_retention(definition),
        },
        "contextVariables": {"enabled": definition.get("enable_context_vars") is True},
        **_plugins(definition),
    }
    for name, member in (
        ("skipRateLimit", "disable_rate_limit"),
        ("skipQuota", "disable_quota"),
        ("skipQuotaReset", "dont_set_quota_on_create"),
    ):
        if definition.get(member) is True:
            blocks[name] = True
    blocks |= {name: block for name, block in (("cors", _cors(definition)), ("cache", _cache(definition))) if block}
    for name, member in (
        ("transformRequestHeaders", "global_headers"),
        ("transformResponseHeaders", "global_response_headers"),
    ):
        add, remove = section(version, member), listed(version, f"{member}_remove")
        if add or remove:
            pairs = [{"name": header, "value": value} for header, value in add.items()]
            enabled = version.get(f"{member}_disabled") is not True
            blocks[name] = {"enabled": enabled, "add": pairs, "remove": remove}
    if version.get("ignore_endpoint_case") is True:
        blocks["ignoreCase"] = {"enabled": True}
    if size := version.get("global_size_limit"):
        blocks["requestSizeLimit"] = {"enabled": version.get("global_size_limit_disabled") is not True, "value": size}
    return blocks


def _retention(definition: Block) -> dict[str, Any]:
    seconds = definition.get("expire_analytics_after")
    return {"customRetentionPeriod": f"{seconds}s"} if seconds else {}


def _plugins(definition: Block) -> dict[str, Any]:
    custom = section(definition, "custom_middleware")
    config: dict[str, Any] = {"driver": custom["driver"]} if custom.get("driver") else {}
    if path := definition.get("custom_middleware_bundle"):
        config["bundle"] = {"enabled": definition.get("custom_middleware_bundle_disabled") is not True, "path": path}
    if data := section(definition, "config_data"):
        config["data"] = {"enabled": definition.get("config_data_disabled") is not True, "value": data}
    chains = {name: [_plugin(one) for one in listed(custom, chain)] for chain, name in CHAINS.items()}
    return {**({"pluginConfig": config} if config else {}), **{name: found for name, found in chains.items() if found}}


def _plugin(one: Block) -> dict[str, Any]:
    return {
        "enabled": one.get("disabled") is not True,
        "functionName": one.get("name", ""),
        "path": one.get("path", ""),
        "rawBodyOnly": one.get("raw_body_only") is True,
        "requireSession": one.get("require_session") is True,
    }


def _cors(definition: Block) -> dict[str, Any]:
    cors = section(definition, "CORS")
    if not any(cors.values()):
        return {}
    flags = {"allowCredentials": "allow_credentials", "optionsPassthrough": "options_passthrough", "debug": "debug"}
    lists = {
        f"{word}{noun}": f"{snake}_{noun.lower()}"
        for word, snake, noun in (
            ("exposed", "exposed", "Headers"),
            ("allowed", "allowed", "Headers"),
            ("allowed", "allowed", "Origins"),
            ("allowed", "allowed", "Methods"),
        )
    }
    return {
        "enabled": cors.get("enable") is True,
        "maxAge": cors.get("max_age") or 0,
        **{name: cors.get(member) is True for name, member in flags.items()},
        **{name: listed(cors, member) for name, member in lists.items()},
    }


def _cache(definition: Block) -> dict[str, Any]:
    cache = section(definition, "cache_options")
    if not any(cache.values()):
        return {}
    return {
        "enabled": cache.get("enable_cache") is True,
        "timeout": cache.get("cache_timeout") or 0,
        "cacheAllSafeRequests": cache.get("cache_all_safe_requests") is True,
        "cacheResponseCodes": listed(cache, "cache_response_codes"),
        "cacheByHeaders": listed(cache, "cache_by_headers"),
        "enableUpstreamCacheControl": cache.get("enable_upstream_cache_control") is True,
        "controlTTLHeaderName": cache.get("cache_control_ttl_header", ""),
    }
