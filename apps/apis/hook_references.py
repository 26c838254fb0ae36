"""Copies of webhooks in APIs: what gateways call on events, compiled into event handlers when they fetch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.hooks.models import Webhook

Reference = dict[str, Any]
HANDLER = "eh_web_hook_handler"


def refreshed(references: Iterable[Any], webhooks: Mapping[str, Webhook]) -> list[Any]:
    """Give the references with the webhooks as they are now; of one that is not there the copy stays."""
    return [_refreshed(reference, webhooks) for reference in references]


def webhook_ids(references: Iterable[Any]) -> set[str]:
    """Give the ids of the webhooks that references name."""
    hooks = (reference.get("hook") for reference in references if isinstance(reference, Mapping))
    return {str(hook["id"]) for hook in hooks if isinstance(hook, Mapping) and hook.get("id")}


def has_copy(references: Iterable[Any], webhook: Webhook) -> bool:
    """Tell whether every reference to a webhook already says whom it calls with which headers."""
    said = ("method", "target_path", "header_map")
    copies = [reference["hook"] for reference in references if webhook_ids([reference]) == {webhook.pk}]
    return all((copy.get(name) or {}) == (webhook.as_copy[name] or {}) for copy in copies for name in said)


def is_usable(reference: Any) -> bool:
    """Tell whether a reference says when whom to call: clients refuse a whole list because of one that does not."""
    hook = reference.get("hook") if isinstance(reference, Mapping) else None
    is_hook = isinstance(hook, Mapping) and bool(hook.get("method")) and bool(hook.get("target_path"))
    return is_hook and isinstance(reference.get("event_name"), str)


def event_handlers(references: Iterable[Reference]) -> dict[str, list[dict[str, Any]]]:
    """Give event → handlers, as a gateway reads them in ``event_handlers.events`` (gateway 5.x)."""
    events: dict[str, list[dict[str, Any]]] = {}
    for reference in references:
        events.setdefault(reference["event_name"], []).append(
            {"handler_name": HANDLER, "handler_meta": _meta(reference["hook"], reference.get("event_timeout") or 0)}
        )
    return events


def _refreshed(reference: Any, webhooks: Mapping[str, Webhook]) -> Any:
    known = webhooks.get(next(iter(webhook_ids([reference])), ""))
    return reference if known is None else {**reference, "hook": known.as_copy}


def _meta(hook: Mapping[str, Any], event_timeout: int) -> dict[str, Any]:
    shown = {name: hook.get(name, "") for name in ("id", "name", "method", "target_path", "template_path")}
    return {"disabled": False, **shown, "header_map": hook.get("header_map") or {}, "event_timeout": event_timeout}
