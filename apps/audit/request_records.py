"""The record of a request: who asked, what that is called, and what detailed recording keeps of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.audit.actors import actor_of, secrets_of
from apps.audit.context import AuditContext
from apps.audit.models import AuditRecord
from apps.audit.redaction import REDACTED, is_secret, redact, redact_random, redact_urls, redacted_url
from apps.audit.services import store_record
from apps.core.client_ip import client_ip
from apps.core.logging import request_id

STAFF_VERBS = {"add": "Create", "change": "Update", "delete": "Delete"}
MAX_BODY = 100_000  # characters
# Members of an answer in which some endpoints return a new key, and others a sentence or an id.
PERHAPS_KEYS = ("Meta", "Message")
KEY = re.compile(r"[0-9a-zA-Z-]{32,}")  # as people may bring theirs along


def record_request(request: HttpRequest, response: HttpResponse, context: AuditContext) -> None:
    """Store the record of a request that is answered, with the events that were not rolled back."""
    actor = actor_of(request)
    if not actor.user and context.actor_before:
        actor = context.actor_before
    url = redacted_url(request)
    record = AuditRecord(
        request_id=request_id.get(),
        ip=client_ip(request),
        user=actor.user,
        method=request.method or "",
        url=url,
        status=response.status_code,
    )
    if settings.AUDIT_DETAILED_RECORDING:
        record.request_dump, record.response_dump = request_dump(request, url), response_dump(response)
    store_record(
        record,
        action=context.action or action_name(request),
        organisation=actor.organisation or context.organisation,
        events=context.kept_events(),
        secrets=secrets_of(request),
    )


def action_name(request: HttpRequest) -> str:
    """Give the name of what was asked for, such as ``List APIs``; "" when the view declares none.

    A view declares ``audit_actions``: from an action of a viewset (``list``), else a method in lower case
    (``post``), to a name. Pages of the staff site are named for their verb and model.
    """
    match = request.resolver_match
    if match is None:
        return ""
    view: Any = match.func
    declared: Mapping[str, str] = getattr(view_class(view), "audit_actions", {})
    method = (request.method or "").lower()
    method = "get" if method == "head" else method
    return declared.get(getattr(view, "actions", {}).get(method, method), "") or _of_staff(view, match.url_name or "")


def view_class(view: Any) -> Any:
    """Give the class that a view function was made of, ``None`` for a plain function."""
    return getattr(view, "cls", None) or getattr(view, "view_class", None)


def _of_staff(view: Any, url_name: str) -> str:
    model_admin = getattr(view, "model_admin", None)
    verb = STAFF_VERBS.get(url_name.rpartition("_")[2])
    if model_admin is None or verb is None:
        return ""
    return f"{verb} {str(model_admin.opts.verbose_name).title()}"


def request_dump(request: HttpRequest, url: str) -> str:
    """Give request line and headers of a request; ``url`` is its URL without secrets."""
    protocol = request.META.get("SERVER_PROTOCOL", "HTTP/1.1")
    return "\n".join([f"{request.method} {url} {protocol}", *_lines(request.headers.items())])


def response_dump(response: HttpResponseBase) -> str:
    """Give status line, headers and body of an answer; of a body that is no JSON, its size only."""
    status = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
    return "\n".join([status, *_lines(response.items()), "", _body(response)])


def _lines(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}: {REDACTED if is_secret(name) else redact_urls(str(value))}" for name, value in headers]


def _body(response: HttpResponseBase) -> str:
    kind = response.headers.get("Content-Type", "")
    content = getattr(response, "content", None)
    if content is None or getattr(response, "streaming", False):
        return f"(streamed {kind})"
    try:
        document = json.loads(content) if "json" in kind and content else None
    except ValueError:
        document = None
    if document is None:
        return f"({len(content)} bytes of {kind})" if content else ""
    text = json.dumps(_redacted(document), ensure_ascii=False)
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}{REDACTED} ({len(text)} characters)"


def _redacted(document: Any) -> Any:
    document = redact(document)
    if isinstance(document, dict):
        texts = {name: document[name] for name in PERHAPS_KEYS if isinstance(document.get(name), str)}
        document.update(
            {name: REDACTED if KEY.fullmatch(text) else redact_random(text) for name, text in texts.items()}
        )
    return document
