"""The connection: to an address that was checked, under the name that was asked for, and with an end."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from django.conf import settings
from requests import ConnectionError as NoConnection
from requests import PreparedRequest, RequestException, Response, Session, Timeout
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

from apps.core.fetching.rules import FetchFailed, addresses_of, check_url
from apps.core.transactions import refuse_in_transaction

MAX_SECONDS = 10.0  # seconds that it may take, from looking the name up to the last byte
CONNECT_SECONDS = 3.05  # seconds to connect to one address
MAX_BYTES = 1 << 20  # bytes of an answer, unpacked
CHUNK = 1 << 14

_end: ContextVar[float | None] = ContextVar("fetch_end", default=None)


class TooBig(RequestException):
    """The answer has no end in sight."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give whatever is asked inside so many seconds in all, redirects included."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def _left() -> float:
    """Give the seconds that are left. Raises ``requests.Timeout`` when there are none."""
    end = _end.get()
    left = MAX_SECONDS if end is None else end - time.monotonic()
    if left <= 0:
        raise Timeout("It took too long")
    return left


class _DeadlineReader(io.RawIOBase):
    """What a socket gives until the end; raises ``TimeoutError`` then.

    ``requests`` bounds the time between two pieces of an answer, and not the time of all of them.
    """

    def __init__(self, connection: socket.socket, pieces: io.RawIOBase) -> None:
        self._connection, self._pieces = connection, pieces
        self._end = time.monotonic() + _left()

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Wait for the next piece, never beyond the end."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long")
        self._connection.settimeout(left)
        return self._pieces.readinto(buffer)

    def close(self) -> None:
        """Let the connection go."""
        self._pieces.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach()))


class _CheckedConnection(HTTPConnection):
    """Connects to the addresses that were checked. ``host`` stays the name: for ``Host``, SNI and the certificate."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for address in addresses_of(self.host, self.port):
            try:
                return create_connection(
                    (address, self.port), min(CONNECT_SECONDS, _left()), socket_options=self.socket_options
                )
            except OSError as error:
                failure = error
        raise failure or OSError(f"{self.host} has no address")


class _CheckedSecureConnection(_CheckedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _CheckedConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _CheckedSecureConnection


class CheckedAdapter(HTTPAdapter):
    """What a session of ``requests`` is mounted on, so that each of its requests, redirects too, is checked and ends.

    No proxy is used: it would look the name up again. Certificates are those of ``FETCH_CA_FILE``, else the usual ones.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(max_retries=0)
        self.max_bytes = max_bytes

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the connections ours."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Send a request, and read the answer. Raises ``FetchRefused`` and ``requests.RequestException``."""
        url = request.url or ""
        refuse_in_transaction(url)
        check_url(url)
        timeout = (min(CONNECT_SECONDS, _left()), _left())
        answer = super().send(request, stream=True, timeout=timeout, verify=settings.FETCH_CA_FILE or True)
        with answer:
            answer._content = self._read(answer)  # noqa: SLF001  (requests has no other way to bound it)
        return answer

    def _read(self, answer: Response) -> bytes:
        content = bytearray()
        for piece in answer.iter_content(CHUNK):
            content += piece
            if len(content) > self.max_bytes:
                raise TooBig(f"{answer.url} gives more than {self.max_bytes} bytes")
        return bytes(content)


def check_out(session: Session, max_bytes: int = MAX_BYTES) -> None:
    """Have a session fetch only what may be fetched. Nothing of the environment (proxies, ``.netrc``) counts in it."""
    session.trust_env = False
    session.adapters.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, CheckedAdapter(max_bytes))


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    seconds: float = MAX_SECONDS,
    redirects: int = 0,
) -> Response:
    """Fetch a URL, or post to one; give the answer, whatever its status, with its body read.

    ``max_bytes`` bounds the body (unpacked), ``seconds`` all of it, ``redirects`` how many are followed; each is
    checked like a URL of its own. Headers go along to wherever they lead: follow none with a secret in them.

    Raises:
        FetchRefused: Weir does not fetch from there.
        FetchFailed: there was no answer, or too late, or without end.
        RemoteInTransaction: a transaction is open.
    """
    check_url(url)
    with Session() as session, deadline(seconds):
        check_out(session, max_bytes)
        session.max_redirects = max(redirects, 1)  # it counts the one that is not followed too
        try:
            return session.request(method, url, headers=headers, data=body, allow_redirects=redirects > 0)
        except RequestException as error:
            raise FetchFailed(_in_words(error)) from error


def _in_words(error: RequestException) -> str:
    if isinstance(error, Timeout):
        return "It does not answer in time."
    return "It does not answer." if isinstance(error, NoConnection) else f"It gives no answer to use: {error}"
