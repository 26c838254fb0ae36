"""One record for every REST call, and for every write on pages and on the staff site.

A write and its record are one transaction: both are stored, or neither. What is refused (400 and above)
is undone, and its record says so. A read is recorded after its answer is made; that of a page only when a
service recorded an event. A view whose ``GET`` writes, as links do that sign somebody in, says so by
``audit_writes = True``; one that waits for somebody else before it writes, by ``asks_first = True``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from rest_framework.permissions import SAFE_METHODS

from apps.audit.actors import actor_of
from apps.audit.context import AuditContext, audit_context, current_context
from apps.audit.request_records import record_request, view_class
from apps.audit.transactions import RequestTransaction, request_transaction
from apps.core.envelope import is_rest, server_error
from apps.core.logging import describe_request

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class AuditMiddleware:
    """Records requests. It stands outside of the sessions, so that a new session is part of the write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and record. Without an audit log, what is refused is undone all the same."""
        answer = self._write if _writes(request) else self._read
        with audit_context() if settings.AUDIT_ENABLED else nullcontext() as context:
            return answer(request, context)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Remember who came to a page: after a log-out nobody would know."""
        context = current_context()
        if context is not None and not (_is_safe(request) or is_rest(request.path)):
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
    if is_rest(request.path) or not _is_safe(request):
        return not _is_safe(request)
    return _declares(request, "audit_writes")


def _declares(request: HttpRequest, name: str) -> bool:
    """Tell whether the view that a request is for has a switch of this name on."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return bool(getattr(view_class(view), name, False))


def _is_recorded(request: HttpRequest) -> bool:
    return is_rest(request.path) or f"{request.path}/".startswith("/graphql/")


def _record_write(request: HttpRequest, response: HttpResponse, context: AuditContext) -> None:
    try:
        record_request(request, response, context)
    except DatabaseError:
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        logger.exception("A failed request is missing in the audit log")
