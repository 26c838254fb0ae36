"""Calls that are taken back, so that each finds everything as the one before found it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, ClientHandler, encode_multipart

# One for all clients: a handler of its own would make each of them read all static files first.
HANDLER = ClientHandler(enforce_csrf_checks=False)


class Response(NamedTuple):
    """What came back from a path: the status, where it sends, and what it says."""

    path: str
    status: int
    location: str
    body: str


class Undo(Exception):
    """Takes back what a call did."""


def new_client() -> Client:
    """Make a client that has no session, and that gets a response when Weir fails."""
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    return client


def session_of(client: Client) -> str:
    """Give the session that a client has; "" when it has none."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


def send(
    client: Client, method: str, url: str, body: Any = None, *, headers: Mapping[str, str], is_form: bool
) -> Response:
    """Make a call and take back what it did; a body is sent as a form or as JSON."""
    session, around = session_of(client), transaction.atomic()
    around._from_testcase = True  # it counts as none, like those of test cases: a view may ask others inside it
    try:
        with around:
            answer: Any = client.generic(method, url, *_encoded(body, is_form=is_form), headers=headers)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            raise Undo
    except Undo:
        _fresh(client, session)
        return Response(url, answer.status_code, answer.get("Location", ""), content.decode(errors="replace"))


def _encoded(body: Any, *, is_form: bool) -> tuple[bytes, str]:
    if is_form:
        return encode_multipart(BOUNDARY, body or {}), MULTIPART_CONTENT
    return (b"" if body is None else json.dumps(body).encode()), "application/json"


def _fresh(client: Client, session: str) -> None:
    """Forget what an answer left in a client: messages, and a new key of a session that was taken back."""
    client.cookies.clear()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
