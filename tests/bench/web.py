"""How many requests the web server answers, and gunicorn's own threads would: ``python -m tests.bench.web``.

Both run as ``bin/up`` runs them, two processes of four threads, one after the other and more than once, because a
machine has its days. Eight clients ask over connections that they keep, as proxies do, and over new ones.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

from launching.console import say
from tests.bench.stack import throw_away_stack

SECONDS, CLIENTS, TURNS = 5.0, 8, 3
SERVERS = {"gunicorn's threads": ("--worker-class", "gthread"), "waitress in gunicorn": ()}
#: What is asked: how, and with what body.
REQUESTS = {"/health": ("GET", None), "/login/": ("GET", None), "/api/users": ("POST", b'{"first_name": "Zoe"}' * 500)}


@contextmanager
def _serving(options: tuple[str, ...]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as taken:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"fd://{taken.fileno()}", *options]
        environ = {**os.environ, "SECRET_KEY": "long random text"}
        process = subprocess.Popen(
            [*command, "--workers", "2", "--no-control-socket"], env=environ, pass_fds=[taken.fileno()]
        )
        try:
            _ask(taken.getsockname()[1], "/health", time.monotonic() + 0.1, kept=False)
            yield taken.getsockname()[1]
        finally:
            process.terminate()
            process.wait()


def _ask(port: int, path: str, end: float, *, kept: bool) -> int:
    """Ask until the end; give how often."""
    method, body = REQUESTS[path]
    number, line = 0, http.client.HTTPConnection("127.0.0.1", port)
    while not number or time.monotonic() < end:
        line.request(method, path, body, {"Host": "localhost"})
        line.getresponse().read()
        number += 1
        if not kept:
            line.close()
    line.close()
    return number


def _rate(port: int, path: str, *, kept: bool) -> float:
    """Requests in a second."""
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [clients.submit(_ask, port, path, end, kept=kept) for _ in range(CLIENTS)]
        return sum(one.result() for one in asked) / SECONDS


def main() -> None:
    """Print a table."""
    found: dict[tuple[str, bool], dict[str, list[float]]] = {}
    with throw_away_stack():
        for _ in range(TURNS):
            for name, options in SERVERS.items():
                with _serving(options) as port:
                    for path in REQUESTS:
                        for kept in (True, False):
                            rate = _rate(port, path, kept=kept)
                            found.setdefault((path, kept), {}).setdefault(name, []).append(rate)
    say(f"{'':34}" + "".join(f"{name:>24}" for name in SERVERS) + f"{'ratio':>8}")
    for (path, kept), rates in found.items():
        old, new = (median(rates[name]) for name in SERVERS)
        say(f"{REQUESTS[path][0]:5}{path:19}{'kept' if kept else 'new':10}{old:>24.0f}{new:>24.0f}{new / old:>8.2f}")


if __name__ == "__main__":
    main()
