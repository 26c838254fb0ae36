"""A PostgreSQL or Redis that is there and says nothing: whoever asks how Weir is gets an answer nevertheless."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from launching.places import Places
from launching.postgres import Postgres
from launching.processes import Child
from launching.valkey import Valkey
from tests.security.conftest import WebServer

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

Serve = Callable[..., WebServer]
Stores = dict[str, tuple[Child, str]]

THREADS = 2 * 4  # processes, each with so many threads
LOGIN_PAGE = b"GET /login/ HTTP/1.0\r\nHost: localhost\r\nCookie: authorisation=a-session-to-look-for\r\n\r\n"


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Servers that may be stopped: variable → process and address."""
    places = Places(home=Path(tmp_path_factory.mktemp("stores", numbered=True)), venv=Path(sys.prefix))
    places.prepare()
    with ExitStack() as started:
        found = {}
        for server in (Postgres(places, durable=False), Valkey(places, durable=False)):
            child = server.start()
            started.callback(child.stop)
            found[server.variable] = (child, server.url)
        yield found


@contextmanager
def stopped(child: Child) -> Iterator[None]:
    """Let a server and what it started be there and say nothing."""
    mine = [child.process.pid, *_children(child.process.pid)]
    for pid in mine:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in mine:
            os.kill(pid, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def get(server: WebServer, path: str) -> tuple[bytes, float]:
    """Give the answer, and the seconds that it took."""
    began = time.monotonic()
    answer = server.ask(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    return answer, time.monotonic() - began


def assert_told(server: WebServer) -> None:
    """Assert that it is said in time how Weir is."""
    for path in ("/health", "/hello", "/health/"):
        answer, took = get(server, path)
        assert answer.startswith(b"HTTP/1.0 200")
        assert b'"status": "ok"' in answer
        assert took < 1, path
    for path, status in (("/ready", b"503"), ("/metrics", b"200")) * 2:
        answer, took = get(server, path)
        assert answer.startswith(b"HTTP/1.0 " + status), answer
        assert took < 5, path


def test_a_postgresql_that_hangs_takes_no_answer_about_health_away(serve: Serve, stores: Stores) -> None:
    child, url = stores["DATABASE_URL"]
    server = serve(DATABASE_URL=url)
    for _ in range(THREADS):
        assert server.ask(LOGIN_PAGE)  # opens a connection, which will hang
    with stopped(child), ExitStack() as waiting:
        for _ in range(3 * THREADS):
            waiting.enter_context(server.connect(LOGIN_PAGE))
        time.sleep(1)
        assert_told(server)
        assert b'"database": "no answer within 3 s"' in get(server, "/ready")[0]


@pytest.mark.parametrize("variable", ["REDIS_URL", "GATEWAY_REDIS_URL"])
def test_a_redis_that_hangs_takes_no_answer_about_health_away(serve: Serve, stores: Stores, variable: str) -> None:
    child, url = stores["REDIS_URL"]
    server = serve(**{variable: url})
    with stopped(child):
        assert_told(server)
        assert b"Redis does not answer" in get(server, "/ready")[0]
        assert b'weir_ready{check="database"} 1.0' in get(server, "/metrics")[0]
