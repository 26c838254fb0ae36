"""The web server as it is run, on the database of the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.architecture.source import ROOT

ADMIN_SECRET = "secret of the operator"


class WebServer:
    """gunicorn with ``gunicorn.conf.py``, in two processes, on a socket of the test's."""

    def __init__(self, log: Path, application: str, *options: str, **environ: str) -> None:
        self.log = log
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        bind = f"fd://{self.socket.fileno()}"
        command = [sys.executable, "-m", "gunicorn", application, "--bind", bind, "--workers", "2", *options]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        own = {"DATABASE_URL": url, "SECRET_KEY": "long random text", "ADMIN_SECRET": ADMIN_SECRET}
        own |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--access-logfile", "-", "--no-control-socket", "--graceful-timeout", "8"],
                cwd=ROOT,
                env={**os.environ, **own, **environ},
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self.socket.fileno()],
                start_new_session=True,
            )

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def connect(self, sent: bytes = b"", seconds: float = 20, source: str = "127.0.0.1") -> socket.socket:
        """Open a connection from an address, and send something."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=seconds, source_address=(source, 0))
        made.sendall(sent)
        return made

    def ask(self, sent: bytes, seconds: float = 20) -> bytes:
        """Send a whole request that closes the connection; give the answer."""
        with self.connect(sent, seconds) as line:
            return b"".join(iter(lambda: line.recv(65536), b""))

    def is_healthy(self, seconds: float = 20) -> bool:
        """Ask for the health page."""
        return self.ask(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n", seconds).startswith(b"HTTP/1.0 200")

    def stop(self) -> float:
        """End it as gunicorn is ended, and give the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - began


@pytest.fixture
def serve(tmp_path: Path, transactional_db: None, request: pytest.FixtureRequest) -> Iterator[Callable[..., WebServer]]:
    """Start web servers, which end with the test."""
    started: list[WebServer] = []

    def start(application: str = "config.wsgi", *options: str, **environ: str) -> WebServer:
        server = WebServer(tmp_path / f"web-{len(started)}.log", application, *options, **environ)
        started.append(server)
        assert server.ask(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n", 60), server.log.read_text()
        return server

    yield start
    for server in started:
        server.socket.close()
        if server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()
