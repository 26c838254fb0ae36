"""The address that Weir answers at."""

from __future__ import annotations

import errno
import http.client
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from launching.console import Failure

HEALTH = "/health"


@contextmanager
def listener(environ: Mapping[str, str]) -> Iterator[socket.socket]:
    """Take the address before anything else is done; the web server inherits the socket.

    So nobody else can answer there, and a taken port is known at once. ``WEIR_HOST`` (127.0.0.1) and
    ``WEIR_PORT`` or ``PORT`` (8000) say which; port 0 takes any. Raises Failure.
    """
    host = environ.get("WEIR_HOST") or "127.0.0.1"
    port = environ.get("WEIR_PORT") or environ.get("PORT") or "8000"
    if not port.isdigit() or int(port) > 65535:
        raise Failure(f"WEIR_PORT (or PORT) is {port!r}; it must be a number from 0 to 65535.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, int(port)))
        except OSError as error:
            raise Failure(_why_not(error, host, port)) from error
        taken.listen(64)
        yield taken


def _why_not(error: OSError, host: str, port: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Set WEIR_PORT to a free one, as in: WEIR_PORT=8010 bin/up"
    if error.errno == errno.EACCES:
        return f"You may not listen on port {port}. Set WEIR_PORT to one above 1023."
    return f"Cannot listen on {host} port {port}: {error.strerror}. WEIR_HOST and WEIR_PORT say where."


def is_healthy(web_socket: socket.socket, environ: Mapping[str, str]) -> bool:
    """Ask for the health page once."""
    host, port = web_socket.getsockname()[:2]
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=1)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", HEALTH, headers={"Host": _allowed_host(environ)})
        return connection.getresponse().status < http.HTTPStatus.BAD_REQUEST
    return False


def _allowed_host(environ: Mapping[str, str]) -> str:
    hosts = [host.strip().lstrip(".") for host in environ.get("ALLOWED_HOSTS", "").split(",")]
    return next((host for host in hosts if host and "*" not in host), "localhost")


def address(web_socket: socket.socket) -> str:
    """Give the address as a person on this machine types it."""
    host, port = web_socket.getsockname()[:2]
    if host in {"127.0.0.1", "0.0.0.0"}:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
