"""An end to every answer: ``requests`` bounds the time between two pieces of it, and not the time of all of them."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_SECONDS = 10.0  # seconds that an answer may take, headers and body, from when it was asked for


class _DeadlineReader(io.RawIOBase):
    """What a socket gives, for ``MAX_SECONDS`` seconds; raises ``TimeoutError`` then."""

    def __init__(self, connection: socket.socket, pieces: io.RawIOBase) -> None:
        self._connection, self._pieces = connection, pieces
        self._timeout = connection.gettimeout() or MAX_SECONDS
        self._end = time.monotonic() + MAX_SECONDS

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Wait for the next piece, never beyond the end."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long")
        self._connection.settimeout(min(self._timeout, left))
        return self._pieces.readinto(buffer)

    def close(self) -> None:
        """Let the connection go."""
        self._pieces.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class DeadlineAdapter(HTTPAdapter):
    """Connections whose answers end, in time or with ``requests.Timeout`` or ``requests.ConnectionError``."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the connections ours."""
        super().init_poolmanager(*args, **options)
        _make_ours(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Make the connections through a proxy ours."""
        made = super().proxy_manager_for(*args, **options)
        _make_ours(made)
        return made


def _make_ours(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
