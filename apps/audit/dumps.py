"""What detailed recording keeps of a request and its answer: text, without the secrets in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.audit.redaction import REDACTED, is_secret, redact, redact_random, redact_urls

LONGEST_BODY = 100_000  # characters
# Members of an answer in which some endpoints return a new key, and others a sentence or an id.
PERHAPS_KEYS = ("Meta", "Message")
KEY = re.compile(r"[0-9a-zA-Z-]{32,}")  # as people may bring theirs along


def request_dump(request: HttpRequest, url: str) -> str:
    """Give request line and headers of a request; ``url`` is the address without its secrets."""
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
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}{REDACTED} ({len(text)} characters)"


def _redacted(document: Any) -> Any:
    document = redact(document)
    if isinstance(document, dict):
        texts = {name: document[name] for name in PERHAPS_KEYS if isinstance(document.get(name), str)}
        document.update(
            {name: REDACTED if KEY.fullmatch(text) else redact_random(text) for name, text in texts.items()}
        )
    return document
