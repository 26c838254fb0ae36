"""One record for every REST call, and for every write on pages and on the staff site.

A write and its record are one transaction: both are stored, or neither. What is refused (400 and above)
is undone, and its record says so. A read is recorded after its answer is made; that of a page only when a
service recorded an event. A view whose ``GET`` writes, as links do that sign somebody in, says so by
``audit_writes = True``; one that waits for somebody else before it writes, by ``asks_first = True``.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS

from apps.audit.context import (
    AuditContext,
    RequestTransaction,
    actor_of,
    audit_context,
    current_context,
    request_known,
    request_transaction,
    secrets_of,
)
from apps.audit.models import AnonymousTally, AuditRecord
from apps.audit.redaction import REDACTED, is_secret, redact, redact_random, redact_urls, redacted_url
from apps.audit.services import store_record
from apps.core.envelope import is_rest, server_error
from apps.core.logging import describe_request, request_id
from apps.core.requests import client_ip, made_storable

logger = logging.getLogger(__name__)

STAFF_VERBS = {"add": "Create", "change": "Update", "delete": "Delete"}
MAX_BODY = 100_000  # characters
# Members of an answer in which some endpoints return a new key, and others a sentence or an id.
PERHAPS_KEYS = ("Meta", "Message")
KEY = re.compile(r"[0-9a-zA-Z-]{32,}")  # as people may bring theirs along

GetResponse = Callable[[HttpRequest], HttpResponse]


class AuditMiddleware:
    """Records requests. It stands outside of the sessions, so that a new session is part of the write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and record. Without an audit log, what is refused is undone all the same."""
        answer = self._write if _writes(request) else self._read
        with request_known(request), audit_context() if settings.AUDIT_ENABLED else nullcontext() as context:
            return answer(request, context)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Remember who came to a page: after a log-out nobody would know."""
        context = current_context()
        if context is not None and not (_is_safe(request) or is_rest(request.path_info)):
            context.actor_before = actor_of(request)

    def _read(self, request: HttpRequest, context: AuditContext | None) -> HttpResponse:
        response = self.get_response(request)
        if context is None or not (_is_recorded(request) or context.events):
            return response
        try:
            with transaction.atomic():
                record_request(request, response, context)
        except DatabaseError:
            logger.exception("A read is missing in the audit log")
        return response

    def _write(self, request: HttpRequest, context: AuditContext | None) -> HttpResponse:
        with request_transaction(asks_first=_declares(request, "asks_first")) as opened:
            response = self._all_or_nothing(request, opened)
            if context is not None:
                _record_write(request, response, context)
        return response

    def _all_or_nothing(self, request: HttpRequest, opened: RequestTransaction) -> HttpResponse:
        response = self.get_response(request)
        failed = opened.end_view(undo=response.status_code >= HTTPStatus.BAD_REQUEST)
        if failed and response.status_code < HTTPStatus.BAD_REQUEST:
            logger.error("%s was answered as done, and PostgreSQL had refused it", describe_request(request))
            return server_error(request)
        return response


def _is_safe(request: HttpRequest) -> bool:
    return request.method in SAFE_METHODS


def _writes(request: HttpRequest) -> bool:
    """Tell whether a request may change something; REST does so by its methods alone."""
    if is_rest(request.path_info) or not _is_safe(request):
        return not _is_safe(request)
    return _declares(request, "audit_writes")


def _declares(request: HttpRequest, name: str) -> bool:
    """Tell whether the view that a request is for has a switch of this name on."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return bool(getattr(view_class(view) or getattr(view, "model_admin", None), name, False))


def _is_recorded(request: HttpRequest) -> bool:
    return is_rest(request.path_info) or f"{request.path_info}/".startswith("/graphql/")


def _record_write(request: HttpRequest, response: HttpResponse, context: AuditContext) -> None:
    try:
        record_request(request, response, context)
    except DatabaseError:
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        logger.exception("A failed request is missing in the audit log")


def record_request(request: HttpRequest, response: HttpResponse, context: AuditContext) -> None:
    """Store the record of a request that is answered, with the events that were not rolled back.

    What nobody in particular asked, and nothing came of, is only counted, unless every request is to be kept in full.
    """
    actor = actor_of(request)
    if not actor.user and context.actor_before:
        actor = context.actor_before
    url = redacted_url(request)
    if not (actor.user or context.events or settings.AUDIT_DETAILED_RECORDING):
        AnonymousTally.objects.count_in(_tally(request, response, url))
        return
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


def _tally(request: HttpRequest, response: HttpResponse, url: str) -> AnonymousTally:
    minute = timezone.now().replace(second=0, microsecond=0)
    shown = {"request_id": request_id.get(), "method": request.method or "", "status": response.status_code}
    return AnonymousTally(
        ip=client_ip(request), minute=minute, action=action_name(request), url=made_storable(url), **shown
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
