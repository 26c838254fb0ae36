"""Webhooks of an organisation in a document: a handler names one by its public id and holds a copy for gateways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.apis.oas.extension import EXTENSION, Document, listed, objects, section

Handler = Mapping[str, Any]


def webhook_ids(document: Mapping[str, Any]) -> set[str]:
    """Give the public ids of the webhooks that handlers name."""
    handlers = objects(section(document, EXTENSION, "server"), "eventHandlers")
    return {str(one["id"]) for one in handlers if one.get("type") == "webhook" and one.get("id")}


def with_webhooks(document: Document, copies: Mapping[str, Handler]) -> Document:
    """Give the document with copies of webhooks, by public id; of one that is not there the handler stays."""
    return _changed(document, copies, lambda handler: {**handler, **copies[handler["id"]]})


def without_webhook(document: Document, webhook_id: str) -> Document:
    """Give the document with the handlers of a webhook that is gone as handlers of their own."""
    return _changed(document, {webhook_id}, lambda handler: {**handler, "id": ""})


def _changed(document: Document, ids: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Document:
    if webhook_ids(document).isdisjoint(ids):
        return document
    extension = section(document, EXTENSION)
    server = section(extension, "server")
    handlers = [
        change(dict(one)) if isinstance(one, Mapping) and one.get("type") == "webhook" and one.get("id") in ids else one
        for one in listed(server, "eventHandlers")
    ]
    return {**document, EXTENSION: {**extension, "server": {**server, "eventHandlers": handlers}}}
