"""What happens to every request: ``middleware.global`` of the extension, as a classic definition has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.apis.oas.durations import seconds
from apps.apis.oas.extension import is_on, listed, names_and_values, objects, section

Block = Mapping[str, Any]

#: Member of the extension → list of the classic definition.
CHAINS = {
    "prePlugin": "pre",
    "postAuthenticationPlugin": "post_key_auth",
    "postPlugin": "post",
    "responsePlugin": "response",
}


def global_middleware(block: Block, custom: Block) -> dict[str, Any]:
    """Give the members that come of ``middleware.global``, and of the ``custom`` way to authenticate."""
    config = section(block, "pluginConfig")
    bundle, data = section(config, "bundle"), section(config, "data")
    return {
        "custom_middleware": {
            **{list_: _chain(block, member) for member, list_ in CHAINS.items()},
            "auth_check": plugin(section(custom, "config")),
            "id_extractor": _id_extractor(section(custom, "config", "idExtractor")),
            "driver": config.get("driver", ""),
        },
        "custom_middleware_bundle": bundle.get("path", ""),
        "custom_middleware_bundle_disabled": not is_on(bundle),
        "config_data": section(data, "value"),
        "config_data_disabled": not is_on(data),
        "CORS": _cors(section(block, "cors")),
        "cache_options": _cache(section(block, "cache")),
        "enable_context_vars": is_on(section(block, "contextVariables")),
        "disable_rate_limit": block.get("skipRateLimit") is True,
        "disable_quota": block.get("skipQuota") is True,
        "dont_set_quota_on_create": block.get("skipQuotaReset") is True,
        **_traffic_logs(section(block, "trafficLogs")),
    }


def version_middleware(block: Block) -> dict[str, Any]:
    """Give what of ``middleware.global`` stands in the one version that such an API has."""
    size = section(block, "requestSizeLimit")
    return {
        **_headers("global_headers", section(block, "transformRequestHeaders")),
        **_headers("global_response_headers", section(block, "transformResponseHeaders")),
        "ignore_endpoint_case": is_on(section(block, "ignoreCase")),
        "global_size_limit": size.get("value", 0),
        "global_size_limit_disabled": not (is_on(size) and size.get("value", 0) > 0),
    }


def plugin(block: Block) -> dict[str, Any]:
    """Give one function of somebody's own."""
    return {
        "disabled": not is_on(block),
        "name": block.get("functionName", ""),
        "path": block.get("path", ""),
        **({"code": block["code"]} if "code" in block else {}),
        "require_session": block.get("requireSession") is True,
        "raw_body_only": block.get("rawBodyOnly") is True,
    }


def _chain(block: Block, member: str) -> list[dict[str, Any]]:
    """Give a list of functions; it stands in a member of its own, or in an older form below one."""
    found = objects(block, f"{member}s") or objects(section(block, member), "plugins")
    return [plugin(one) for one in found]


def _id_extractor(block: Block) -> dict[str, Any]:
    config = section(block, "config")
    names = {
        "headerName": "header_name",
        "formParamName": "param_name",
        "regexp": "regex_expression",
        "regexpMatchIndex": "regex_match_index",
        "xPathExp": "xpath_expression",
    }
    return {
        "disabled": not is_on(block),
        "extract_from": block.get("source", ""),
        "extract_with": block.get("with", ""),
        "extractor_config": {name: config[member] for member, name in names.items() if member in config},
    }


def _cors(block: Block) -> dict[str, Any]:
    return {
        "enable": is_on(block),
        "max_age": block.get("maxAge", 0),
        "allow_credentials": block.get("allowCredentials") is True,
        "exposed_headers": listed(block, "exposedHeaders"),
        "allowed_headers": listed(block, "allowedHeaders"),
        "options_passthrough": block.get("optionsPassthrough") is True,
        "debug": block.get("debug") is True,
        "allowed_origins": listed(block, "allowedOrigins"),
        "allowed_methods": listed(block, "allowedMethods"),
    }


def _cache(block: Block) -> dict[str, Any]:
    return {
        "enable_cache": is_on(block),
        "cache_timeout": block.get("timeout", 0),
        "cache_all_safe_requests": block.get("cacheAllSafeRequests") is True,
        "cache_response_codes": listed(block, "cacheResponseCodes"),
        "cache_by_headers": listed(block, "cacheByHeaders"),
        "enable_upstream_cache_control": block.get("enableUpstreamCacheControl") is True,
        "cache_control_ttl_header": block.get("controlTTLHeaderName", ""),
    }


def _traffic_logs(block: Block) -> dict[str, Any]:
    """Say whether requests are counted: only where the document says so."""
    functions = objects(block, "plugins")
    first = functions[0] if functions else {}
    return {
        "do_not_track": not is_on(block),
        "tag_headers": listed(block, "tagHeaders"),
        "expire_analytics_after": seconds(block.get("customRetentionPeriod")),
        "analytics_plugin": {
            "enable": is_on(first),
            "plugin_path": first.get("path", ""),
            "func_name": first.get("functionName", ""),
        },
    }


def _headers(name: str, block: Block) -> dict[str, Any]:
    return {
        name: names_and_values(block, "add"),
        f"{name}_remove": listed(block, "remove"),
        f"{name}_disabled": not is_on(block),
    }
