"""What happens to requests of one operation: ``middleware.operations`` of the extension, as ``extended_paths``.

Gateways take the first entry of a list that fits a request, so the order matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apps.apis.oas.durations import seconds
from apps.apis.oas.extension import (
    EXTENSION,
    is_on,
    listed,
    names_and_values,
    objects,
    operation_id,
    operations,
    section,
)

Block = Mapping[str, Any]

PARAMETER = re.compile(r"\{[^{}]*\}")
#: Where a rule of a rewrite looks → the member of a trigger's options.
PLACES = {
    "query": "query_val_matches",
    "path": "path_part_matches",
    "header": "header_matches",
    "sessionMetadata": "session_meta_matches",
    "requestContext": "request_context_matches",
}


def extended_paths(document: Block) -> dict[str, list[dict[str, Any]]]:
    """Give list → entries, the most particular path first; lists without entries are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, method, settings in _operations(document):
        for member, (list_, entry) in ENTRIES.items():
            if member in settings:
                where = {"disabled": not is_on(_first(settings, member)), "path": path, "method": method}
                found.setdefault(list_, []).append({**where, **entry(_first(settings, member))})
    if "white_list" in found:
        found["white_list"].sort(key=lambda entry: (entry["path"], entry["method"]))
    return found


def path_order(path: str) -> tuple[int, int, str, bool, str]:
    """Give what paths are sorted by: more slashes, longer, by alphabet, literal ones first; parameters do not count."""
    bare = PARAMETER.sub("", path)
    return -bare.count("/"), -len(bare), bare, bare != path, path


def _operations(document: Block) -> Iterator[tuple[str, str, dict[str, Any]]]:
    settings = section(document, EXTENSION, "middleware", "operations")
    known = sorted(operations(document), key=lambda one: (path_order(one[0]), one[1]))
    for path, method, operation in known:
        if found := section(settings, operation_id(path, method, operation)):
            yield path, method, found


def _first(settings: Block, member: str) -> dict[str, Any]:
    """Give a block; of a list of them the first, for gateways run no more than one."""
    found = objects(settings, member)
    return found[0] if found else section(settings, member)


def _plain(block: Block) -> dict[str, Any]:
    return {}


def _case(block: Block) -> dict[str, Any]:
    return {"ignore_case": block.get("ignoreCase") is True}


def _method(block: Block) -> dict[str, Any]:
    return {"to_method": block.get("toMethod", "")}


def _body(block: Block) -> dict[str, Any]:
    kept = block.get("body", "")
    return {
        "template_data": {
            "input_type": block.get("format", ""),
            "template_mode": "blob" if kept else "file",
            "enable_session": True,
            "template_source": kept or block.get("path", ""),
        }
    }


def _headers(block: Block) -> dict[str, Any]:
    return {"delete_headers": listed(block, "remove"), "add_headers": names_and_values(block, "add"), "act_on": False}


def _rewrite(block: Block) -> dict[str, Any]:
    return {
        "match_pattern": block.get("pattern", ""),
        "rewrite_to": block.get("rewriteTo", ""),
        "triggers": [_trigger(one) for one in objects(block, "triggers")],
    }


def _trigger(trigger: Block) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for rule in objects(trigger, "rules"):
        match = {"match_rx": rule.get("pattern", ""), "reverse": rule.get("negate") is True}
        if rule.get("in") == "requestBody":
            options["payload_matches"] = match
        elif place := PLACES.get(rule.get("in", "")):
            options.setdefault(place, {})[rule.get("name", "")] = match
    return {"on": trigger.get("condition", ""), "options": options, "rewrite_to": trigger.get("rewriteTo", "")}


def _cache(block: Block) -> dict[str, Any]:
    return {
        "cache_key_regex": block.get("cacheByRegex", ""),
        "cache_response_codes": listed(block, "cacheResponseCodes"),
        "timeout": block.get("timeout", 0),
    }


def _timeout(block: Block) -> dict[str, Any]:
    duration = block.get("duration", "")
    return {"timeout": block.get("value") or seconds(duration), **({"duration": duration} if duration else {})}


def _virtual(block: Block) -> dict[str, Any]:
    kept = block.get("body", "")
    return {
        "response_function_name": block.get("functionName", ""),
        "function_source_type": "blob" if kept else "file",
        "function_source_uri": kept or block.get("path", ""),
        "use_session": block.get("requireSession") is True,
        "proxy_on_error": block.get("proxyOnError") is True,
    }


def _plugin(block: Block) -> dict[str, Any]:
    return {"plugin_path": block.get("path", ""), "func_name": block.get("functionName", "")}


def _breaker(block: Block) -> dict[str, Any]:
    return {
        "threshold_percent": block.get("threshold", 0),
        "samples": block.get("sampleSize", 0),
        "return_to_service_after": block.get("coolDownPeriod", 0),
        "disable_half_open_state": block.get("halfOpenStateEnabled") is not True,
    }


def _size(block: Block) -> dict[str, Any]:
    return {"size_limit": block.get("value", 0)}


def _rate(block: Block) -> dict[str, Any]:
    return {"rate": block.get("rate", 0), "per": seconds(block.get("per"))}


#: Block of the extension → list of the classic definition, and what an entry has beside path and method. Validation
#: of requests and mock responses are read from the document itself.
ENTRIES: dict[str, tuple[str, Callable[[Block], dict[str, Any]]]] = {
    "allow": ("white_list", _case),
    "block": ("black_list", _case),
    "ignoreAuthentication": ("ignored", _case),
    "internal": ("internal", _plain),
    "transformRequestMethod": ("method_transforms", _method),
    "transformRequestBody": ("transform", _body),
    "transformResponseBody": ("transform_response", _body),
    "transformRequestHeaders": ("transform_headers", _headers),
    "transformResponseHeaders": ("transform_response_headers", _headers),
    "urlRewrite": ("url_rewrites", _rewrite),
    "cache": ("advance_cache_config", _cache),
    "enforceTimeout": ("hard_timeouts", _timeout),
    "virtualEndpoint": ("virtual", _virtual),
    "postPlugins": ("go_plugin", _plugin),
    "circuitBreaker": ("circuit_breakers", _breaker),
    "trackEndpoint": ("track_endpoints", _plain),
    "doNotTrackEndpoint": ("do_not_track_endpoints", _plain),
    "requestSizeLimit": ("size_limits", _size),
    "rateLimit": ("rate_limit", _rate),
}
