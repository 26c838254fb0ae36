"""The shape of REST answers that are not data, and the one place where exceptions become answers.

``{"Status": "OK" | "Error", "Message": text, "Meta": any}``, capitals included. Existing Go clients
decode ``Meta`` into a string, so it is ``None`` or a string unless an endpoint documents otherwise.
Error texts carry no final full stop, as recorded clients expect, and never a stack trace. The few that are documented
as whole sentences, of passwords and missing permissions, keep theirs.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db.models import ProtectedError
from django.db.utils import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import UniqueViolation
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.exceptions import MALFORMED, AlreadyExists, ApplicationError
from apps.core.logging import describe_request, request_id

logger = logging.getLogger(__name__)

REST_PREFIXES = ("/api/", "/admin/")

NOT_AUTHORISED = "Not authorised"
NOT_FOUND = "Not found"
TOO_LARGE = "Request body too large"
INTERNAL = "Internal server error"
DATABASE_AWAY = "The database does not answer"

ALWAYS_THE_SAME: tuple[tuple[tuple[type[Exception], ...], int, str], ...] = (
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), 401, NOT_AUTHORISED),
    ((exceptions.ParseError, exceptions.UnsupportedMediaType), 403, MALFORMED),
    ((exceptions.NotFound, Http404), 404, NOT_FOUND),
    ((ProtectedError,), 409, "Still in use"),
    ((RequestDataTooBig,), 413, TOO_LARGE),
    ((OperationalError,), 503, DATABASE_AWAY),
)


def is_rest(path: str) -> bool:
    """Tell whether a path belongs to the REST endpoints, whose every answer is JSON."""
    return f"{path}/".startswith(REST_PREFIXES)


def ok(message: str, meta: Any = None, **more: Any) -> dict[str, Any]:
    """Give the body of a successful write; ``more`` adds members such as ``ID``."""
    return {"Status": "OK", "Message": message, "Meta": meta, **more}


def error(message: str) -> dict[str, Any]:
    """Give the body of a refusal."""
    return {"Status": "Error", "Message": message, "Meta": None}


def exception_handler(raised: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a REST view raised into an answer (Django REST framework's exception handler)."""
    set_rollback()
    request = context["request"]
    status, message = status_and_message(raised, request.path)
    if status >= 500 and not isinstance(raised, ApplicationError):
        logger.error("%s failed", describe_request(request), exc_info=raised)
    return Response(error(message), status=status, headers=_headers(raised))


def status_and_message(raised: Exception, path: str) -> tuple[int, str]:
    """Give the HTTP status and text that an exception means."""
    for types, status, message in ALWAYS_THE_SAME:
        if isinstance(raised, types):
            return status, message
    match raised:
        case IntegrityError() if isinstance(raised.__cause__, UniqueViolation):
            return AlreadyExists.status, AlreadyExists.message
        case ApplicationError():
            return raised.status, raised.message
        case exceptions.PermissionDenied() | PermissionDenied():
            return 403, f"access denied: {_denial(raised, path)}"
        case exceptions.ValidationError() | ValidationError():
            return 400, "; ".join(_texts(getattr(raised, "detail", None) or getattr(raised, "messages", [])))
        case exceptions.APIException():
            return raised.status_code, str(raised.detail).rstrip(".")
    return 500, INTERNAL


def _denial(raised: exceptions.PermissionDenied | PermissionDenied, path: str) -> str:
    text = str(getattr(raised, "detail", raised))
    if text in {"", str(exceptions.PermissionDenied.default_detail)}:
        return f"You do not have permission to access  {path}"  # two blanks, as documented
    return text


def _texts(detail: Any, field: str = "") -> list[str]:
    """Flatten the nested errors of a serializer to ``field: text`` lines."""
    if isinstance(detail, Mapping):
        return [text for name, inner in detail.items() for text in _texts(inner, str(name))]
    if isinstance(detail, list | tuple):
        return [text for inner in detail for text in _texts(inner, field)]
    text = str(detail).rstrip(".")
    return [text if field in {"", "non_field_errors"} else f"{field}: {text}"]


def _headers(raised: Exception) -> dict[str, str]:
    headers = {}
    if challenge := getattr(raised, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(raised, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


@csrf_exempt
def no_such_path(request: HttpRequest) -> JsonResponse:
    """Answer a path under a REST prefix that no route knows."""
    return JsonResponse(error(NOT_FOUND), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 outside Django REST framework: the envelope under REST paths, a page elsewhere."""
    return _answer(request, 400, "Bad request", exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 outside Django REST framework: the envelope under REST paths, a page elsewhere."""
    return _answer(request, 403, status_and_message(PermissionDenied(), request.path)[1], exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 outside Django REST framework: the envelope under REST paths, a page elsewhere."""
    return _answer(request, 404, NOT_FOUND, exception)


def too_large(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a body that is larger than ``MAX_BODY_BYTES`` allows."""
    return _answer(request, 413, TOO_LARGE, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when PostgreSQL is away: the envelope under REST paths, a page elsewhere.

    The page is made without the request, for asking who is logged in needs the database too.
    """
    raised = sys.exc_info()[1]
    status, message = (
        status_and_message(raised, request.path) if isinstance(raised, OperationalError) else (500, INTERNAL)
    )
    if is_rest(request.path_info):
        return JsonResponse(error(message), status=status)
    shown = {"request_id": request_id.get()}
    return HttpResponse(render_to_string(f"errors/{status}.html", shown), status=status)


def _answer(request: HttpRequest, status: int, message: str, exception: Exception) -> HttpResponse:
    if is_rest(request.path_info):
        return JsonResponse(error(message), status=status)
    shown = {"request_id": request_id.get(), "reason": "" if isinstance(exception, Http404) else str(exception)}
    return render(request, f"errors/{status}.html", shown, status=status)
