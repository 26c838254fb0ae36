"""Who sends or takes little, or nothing more, keeps nobody else waiting."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from threading import Thread

import pytest

from tests.security.applications import PIECE, PIECES
from tests.security.conftest import WebServer

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

Serve = Callable[..., WebServer]

UNFINISHED = {
    "nothing": b"",
    "a head": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
    "a body": b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername=",
    "a chunk": b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
}


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have some thousand connections open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_two_hundred_slow_connections_keep_nobody_waiting(serve: Serve) -> None:
    server = serve()
    with ExitStack() as open_lines:
        lines = [
            open_lines.enter_context(server.connect(list(UNFINISHED.values())[number % len(UNFINISHED)]))
            for number in range(200)
        ]
        slowest = 0.0
        for _ in range(5):
            for line, number in zip(lines, range(200), strict=True):
                if number % len(UNFINISHED):
                    line.sendall(b"x")  # a byte more, so that they are no idle connections
            began = time.monotonic()
            assert server.is_healthy(5)
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2


def test_thousands_of_unfinished_requests_of_one_address_shut_nobody_out(serve: Serve, many_files: None) -> None:
    server = serve()
    with ExitStack() as open_lines:
        patient = open_lines.enter_context(server.connect(b"GET /health HTTP/1.0\r\n", source="127.0.0.2"))
        lines = [open_lines.enter_context(server.connect(UNFINISHED["a head"])) for _ in range(2_200)]
        for _ in range(3):
            assert server.is_healthy(5)
        patient.sendall(b"Host: localhost\r\n\r\n")
        assert patient.recv(12) == b"HTTP/1.0 200"
        lines[0].settimeout(5)
        with suppress(ConnectionResetError):
            assert lines[0].recv(1) == b""  # the oldest


def test_who_takes_no_answer_keeps_nobody_waiting(serve: Serve) -> None:
    server = serve("tests.security.applications:big")
    with ExitStack() as open_lines:
        lines = [
            open_lines.enter_context(server.connect(b"GET /all HTTP/1.0\r\nHost: localhost\r\n\r\n")) for _ in range(20)
        ]
        assert all(line.recv(10) == b"HTTP/1.0 2" for line in lines)
        assert server.is_healthy(5)
        rest = b"".join(iter(lambda: lines[0].recv(1 << 20), b""))
        assert rest.endswith(PIECE)
        assert len(rest) > PIECES * len(PIECE)


def test_what_was_begun_is_finished_when_the_server_ends(serve: Serve) -> None:
    server = serve("tests.security.applications:slow")
    answers: list[bytes] = []
    asked = Thread(target=lambda: answers.append(server.ask(b"GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n")))
    with server.connect(UNFINISHED["a body"]), server.connect():
        asked.start()
        time.sleep(0.5)
        assert server.stop() < 6  # the unfinished ones are not waited for
    asked.join(5)
    assert answers[0].endswith(b"done")
    assert server.process.returncode == 0


@pytest.mark.parametrize("how", [b"Content-Length: 2001", b"Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_refused_before_it_has_come(serve: Serve, how: bytes) -> None:
    server = serve(MAX_BODY_BYTES="2000")
    body = b"7d1\r\n" + b"x" * 2001  # the chunk that has begun is too much already
    answer = server.ask(b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n" + how + b"\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"MAX_BODY_BYTES" in answer
    assert server.is_healthy()
    assert '"POST /login/ HTTP/1.1" 413' in server.log.read_text()


def test_the_access_log_has_a_line_for_each_answer(serve: Serve) -> None:
    server = serve()
    asked = b"GET /api/activity/keys/SECRET/1/1/2026/1/1/2026?nonce=SECRET HTTP/1.1\r\nHost: localhost\r\n"
    answer = server.ask(asked + b"User-Agent: a browser\r\nConnection: close\r\nReferer: /?code=SECRET\r\n\r\n")
    assert b"X-Request-Id" in answer
    server.ask(b"GARBAGE\r\n\r\n")
    server.stop()
    log = server.log.read_text()
    assert "127.0.0.1 [" in log
    assert '"GET /api/activity/keys/… HTTP/1.1" 401 ' in log
    assert '"a browser"' in log
    assert '" 400 ' in log
    assert "SECRET" not in log
