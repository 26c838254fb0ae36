"""Whoever sends too much is told so, in the words of the door they came to, however they send."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.security.conftest import WebServer

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

LARGE = 20_000_000  # bytes; more than lies in the buffers of a connection
ENVELOPE = {"Status": "Error", "Message": "Request body too large", "Meta": None}


@pytest.fixture
def server(serve: Callable[..., WebServer]) -> WebServer:
    return serve(MAX_BODY_BYTES="2000")


def head(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def parts(answer: bytes) -> tuple[bytes, bytes]:
    before, _, body = answer.partition(b"\r\n\r\n")
    return before, body


def chunked(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b"x" * size + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("path", ["/api/users", "/admin/organisations", "/login/"])
def test_the_answer_arrives_although_everything_is_sent_before_it_is_read(server: WebServer, path: str) -> None:
    for sent in (
        head(path, f"Content-Length: {LARGE}") + b"x" * LARGE,
        head(path, "Transfer-Encoding: chunked") + chunked(LARGE),
    ):
        before, body = parts(server.ask(sent))
        assert before.startswith(b"HTTP/1.1 413")
        if path == "/login/":
            assert b"MAX_BODY_BYTES" in body
        else:
            assert b"Content-Type: application/json" in before
            assert json.loads(body) == ENVELOPE


def test_who_asks_beforehand_need_not_send_it(server: WebServer) -> None:
    answer = server.ask(head("/api/users", f"Content-Length: {LARGE}", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413")


def test_what_is_no_request_has_the_envelope_too(server: WebServer) -> None:
    before, body = parts(server.ask(head("/api/users", "Transfer-Encoding: gzip") + b"x" * LARGE))
    assert before.startswith(b"HTTP/1.1 501")
    assert json.loads(body)["Status"] == "Error"


def test_nobody_is_listened_to_for_ever(server: WebServer) -> None:
    with server.connect(head("/api/users", "Content-Length: 100000000000")) as line:
        much = bytes(600_000_000)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            line.sendall(much)
    assert server.is_healthy()
