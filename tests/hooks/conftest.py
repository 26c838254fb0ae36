"""A receiver of what Weir sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Thread

import pytest
from pytest_django.fixtures import Settings


@dataclass
class Receiver:
    """A web server of this machine; ``received`` has method, headers and body of what came."""

    url: str = ""
    status: int = 200
    answer: bytes = b"thank you"
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Somebody who takes messages, whom the operator allows."""
    settings.FETCH_ALLOW_HTTP = True
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.received.append((self.command, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        do_PUT = do_POST  # noqa: N815  (as the base class calls it)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()
