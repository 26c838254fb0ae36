"""What a classic API does with single endpoints, as a document says it: the way back of ``endpoints``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from apps.apis.oas.endpoints import PLACES
from apps.apis.oas.extension import listed, objects, section

Block = Mapping[str, Any]
PARAMETER = re.compile(r"\{([^{}]+)\}")
REPLY = "reply"
#: Lists that become something else than lists: gateways read it from the document itself.
NOT_AS_LISTS = frozenset({"mock_response", "validate_json", "white_list", "black_list", "ignored"})


def endpoints(lists: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give ``paths``, and the settings of operations by their ids."""
    made = _Endpoints()
    for list_, (block, settings) in BLOCKS.items():
        for entry in objects(lists, list_):
            for method in _methods(entry):
                value: Any = {"enabled": entry.get("disabled") is not True, **settings(entry)}
                made.add(entry, method, {block: [value] if block == "postPlugins" else value})
            _add_replies(made, entry)
    for entry in objects(lists, "validate_json"):
        code = entry.get("error_response_code") or 422
        checks = {"enabled": entry.get("disabled") is not True, "errorResponseCode": code}
        body = {"content": {"application/json": {"schema": section(entry, "schema")}}}
        made.add(entry, str(entry.get("method", "")), {"validateRequest": checks}, requestBody=body)
    return made.paths, made.operations


class _Endpoints:
    """Paths and operations that are added to."""

    def __init__(self) -> None:
        self.paths: dict[str, Any] = {}
        self.operations: dict[str, Any] = {}

    def add(self, entry: Block, method: str, settings: dict[str, Any], **members: Any) -> None:
        """Give an endpoint settings, and OpenAPI's operation members."""
        path, verb = "/" + str(entry.get("path", "")).lstrip("/"), method.lower() or "get"
        id_ = f"{path.removeprefix('/')}{verb}"
        item = self.paths.setdefault(path, _item(path))
        operation = item.setdefault(verb, {"operationId": id_, "responses": {"200": {"description": ""}}})
        operation.update(members)
        self.operations.setdefault(id_, {}).update(settings)


def _item(path: str) -> dict[str, Any]:
    names = dict.fromkeys(PARAMETER.findall(path))
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {"parameters": parameters} if parameters else {}


def _methods(entry: Block) -> list[str]:
    """Give the methods of an entry; an older form names several."""
    return [str(entry["method"])] if entry.get("method") else list(section(entry, "method_actions")) or ["GET"]


def _add_replies(made: _Endpoints, entry: Block) -> None:
    """Answer instead of the upstream where an older entry does; callers needed no key for that."""
    for method, action in section(entry, "method_actions").items():
        if isinstance(action, Mapping) and action.get("action") == REPLY:
            reply = {"enabled": True, **_reply({**action, "body": action.get("data", "")})}
            made.add(entry, method, {"mockResponse": reply, "ignoreAuthentication": {"enabled": True}})


def _pairs(headers: Block) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _plain(entry: Block) -> dict[str, Any]:
    return {}


def _case(entry: Block) -> dict[str, Any]:
    return {"ignoreCase": True} if entry.get("ignore_case") is True else {}


def _reply(entry: Block) -> dict[str, Any]:
    headers = _pairs(section(entry, "headers"))
    return {"code": entry.get("code") or 200, "body": entry.get("body", ""), "headers": headers}


def _template(entry: Block) -> dict[str, Any]:
    data = section(entry, "template_data")
    place = "body" if data.get("template_mode") == "blob" else "path"
    return {"format": data.get("input_type", ""), place: data.get("template_source", "")}


def _headers(entry: Block) -> dict[str, Any]:
    return {"add": _pairs(section(entry, "add_headers")), "remove": listed(entry, "delete_headers")}


def _rewrite(entry: Block) -> dict[str, Any]:
    triggers = [_trigger(one) for one in objects(entry, "triggers")]
    return {"pattern": entry.get("match_pattern", ""), "rewriteTo": entry.get("rewrite_to", ""), "triggers": triggers}


def _trigger(trigger: Block) -> dict[str, Any]:
    options = section(trigger, "options")
    rules = [
        {"in": place, "name": name, **_rule(match)}
        for place, member in PLACES.items()
        for name, match in section(options, member).items()
    ]
    payload = section(options, "payload_matches")
    rules += [{"in": "requestBody", **_rule(payload)}] if payload.get("match_rx") else []
    return {"condition": trigger.get("on", ""), "rules": rules, "rewriteTo": trigger.get("rewrite_to", "")}


def _rule(match: Any) -> dict[str, Any]:
    return {"pattern": match.get("match_rx", ""), "negate": match.get("reverse") is True}


def _named(**names: str) -> Callable[[Block], dict[str, Any]]:
    """Give what takes members over by other names."""
    return lambda entry: {name: entry[member] for name, member in names.items() if entry.get(member)}


def _virtual(entry: Block) -> dict[str, Any]:
    place = "body" if entry.get("function_source_type") == "blob" else "path"
    said = {"functionName": entry.get("response_function_name", ""), place: entry.get("function_source_uri", "")}
    flags = {"requireSession": entry.get("use_session") is True, "proxyOnError": entry.get("proxy_on_error") is True}
    return {**said, **flags}


def _breaker(entry: Block) -> dict[str, Any]:
    numbers = {"threshold": "threshold_percent", "sampleSize": "samples", "coolDownPeriod": "return_to_service_after"}
    half_open = entry.get("disable_half_open_state") is not True
    return {**{name: entry.get(member) or 0 for name, member in numbers.items()}, "halfOpenStateEnabled": half_open}


def _rate(entry: Block) -> dict[str, Any]:
    return {"rate": entry.get("rate") or 0, "per": f"{int(entry.get('per') or 0)}s"}


#: List of a classic definition → block of the extension, and what it says.
BLOCKS: dict[str, tuple[str, Callable[[Block], dict[str, Any]]]] = {
    "white_list": ("allow", _case),
    "black_list": ("block", _case),
    "ignored": ("ignoreAuthentication", _case),
    "mock_response": ("mockResponse", _reply),
    "internal": ("internal", _plain),
    "method_transforms": ("transformRequestMethod", _named(toMethod="to_method")),
    "transform": ("transformRequestBody", _template),
    "transform_response": ("transformResponseBody", _template),
    "transform_headers": ("transformRequestHeaders", _headers),
    "transform_response_headers": ("transformResponseHeaders", _headers),
    "url_rewrites": ("urlRewrite", _rewrite),
    "advance_cache_config": (
        "cache",
        _named(cacheByRegex="cache_key_regex", cacheResponseCodes="cache_response_codes", timeout="timeout"),
    ),
    "hard_timeouts": ("enforceTimeout", _named(value="timeout", duration="duration")),
    "virtual": ("virtualEndpoint", _virtual),
    "go_plugin": ("postPlugins", _named(path="plugin_path", functionName="func_name")),
    "circuit_breakers": ("circuitBreaker", _breaker),
    "track_endpoints": ("trackEndpoint", _plain),
    "do_not_track_endpoints": ("doNotTrackEndpoint", _plain),
    "size_limits": ("requestSizeLimit", _named(value="size_limit")),
    "rate_limit": ("rateLimit", _rate),
}
