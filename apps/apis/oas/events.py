"""Handlers of events: the extension's list, as a classic definition has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.apis.oas.durations import seconds
from apps.apis.oas.extension import is_on, names_and_values, objects

Handler = Mapping[str, Any]


def event_handlers(server: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Give event → its handlers; those of a type that is none are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for handler in objects(server, "eventHandlers"):
        if made := MAKERS.get(handler.get("type", "")):
            name, meta = made
            disabled = {"disabled": not is_on(handler)}
            found.setdefault(handler.get("trigger", ""), []).append(
                {"handler_name": name, "handler_meta": {**disabled, **meta(handler)}}
            )
    return found


def _webhook(handler: Handler) -> dict[str, Any]:
    return {
        "id": handler.get("id", ""),
        "name": handler.get("name", ""),
        "method": handler.get("method", ""),
        "target_path": handler.get("url", ""),
        "template_path": handler.get("bodyTemplate", ""),
        "header_map": names_and_values(handler, "headers"),
        "event_timeout": seconds(handler.get("cooldownPeriod")),
    }


def _function(handler: Handler) -> dict[str, Any]:
    return {"id": handler.get("id", ""), "name": handler.get("functionName", ""), "path": handler.get("path", "")}


def _log(handler: Handler) -> dict[str, Any]:
    return {"prefix": handler.get("logPrefix", "")}


#: Type in the extension → name of the gateway's handler, and what makes its settings.
MAKERS: dict[str, tuple[str, Callable[[Handler], dict[str, Any]]]] = {
    "webhook": ("eh_web_hook_handler", _webhook),
    "custom": ("eh_dynamic_handler", _function),
    "log": ("eh_log_handler", _log),
}
