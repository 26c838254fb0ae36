"""Small WSGI applications: what the web server does with slow ones is not for Weir to show."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

PIECE = b"x" * (1 << 20)
PIECES = 40


def slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Take a while, except for the health page."""
    if environ["PATH_INFO"] != "/health":
        time.sleep(2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]


def big(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Give 40 MB, except for the health page."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _pieces() if environ["PATH_INFO"] != "/health" else [b"well"]


def _pieces() -> Iterator[bytes]:
    for _ in range(PIECES):
        yield PIECE
