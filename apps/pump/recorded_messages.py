"""Secrets out of recorded HTTP messages: of headers, of URLs and cookies by their names, and keys by their looks. Pure.

Only heads are looked at: what bodies hold, nobody can tell from a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_to_bytes

#: Bytes of a head, which are as many as Go takes of a request: what is looked for in a head takes many times its size.
MAX_HEAD = 1 << 20
#: Stands for a message with a larger head.
HEAD_REMOVED = base64.b64encode(b"[too long a head, removed]").decode()
#: Stands where a secret was.
REDACTED = b"[redacted]"
#: Keys as gateways make them: an organisation's id and a UUID, with or without dashes; JSON in base64 that begins with
#: the organisation. The second may be escaped in a URL.
_KEY = re.compile(
    rb"(?<![0-9A-Za-z])(?:"
    rb"[0-9a-fA-F]{32}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|eyJvcmciOi(?:[A-Za-z0-9+/_-]|%2[bBfF]){20,}(?:=|%3[dD])*"
    rb")(?![0-9A-Za-z])"
)
#: Access keys have the looks of many an id, so they are looked for where keys are sent.
_ACCESS_KEY = re.compile(rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: A parameter, of the request line or of a URL in a header; one of a fragment is one too. A name never holds what may
#: stand before one, here and below, or long messages without any would take ages.
_PARAMETER = re.compile(rb"(?<=[?&;#])([^=?&;#\s]+=)([^&;#\s]+)")
#: The lines of a header, which may go on in lines that begin with a blank (obsolete folding).
_LINES = rb"[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*"
_COOKIES = re.compile(rb"(?im)^(?:set-)?cookie[ \t]*:" + _LINES)
_COOKIE = re.compile(rb"(?<=[:;\s])([^=:;\s]+=)([^;]+)")


@lru_cache(maxsize=8)
def redactor(headers: tuple[str, ...], parameters: tuple[str, ...] = ()) -> Callable[[str], str]:
    """A function that takes secrets out of base64 of an HTTP message.

    They are the values of ``headers``, those of ``parameters`` and of cookies that are called so, whatever the case
    and punctuation of their names, and what looks like a key. A message that cannot be read is not kept, nor one whose
    head is larger than ``MAX_HEAD``.
    """
    clean = _Redaction(headers, parameters).clean

    def redact(message: str) -> str:
        try:
            text = base64.b64decode(message, validate=True)
        except (binascii.Error, ValueError):
            return base64.b64encode(b"[unreadable, removed]").decode()
        head, gap, body = _split(text)
        if len(head) > MAX_HEAD:
            return HEAD_REMOVED
        cleaned = clean(head)
        return message if cleaned == head else base64.b64encode(cleaned + gap + body).decode()

    return redact


class _Redaction:
    """What is taken out of the head of a message."""

    def __init__(self, headers: tuple[str, ...], parameters: tuple[str, ...]) -> None:
        names = b"|".join(re.escape(header.encode()) for header in headers)
        self._headers = re.compile(rb"(?im)^((?:" + names + rb")[ \t]*:)" + _LINES) if headers else None
        self._parameters = frozenset(_plain(parameter.encode()) for parameter in parameters)

    def clean(self, head: bytes) -> bytes:
        """The head without secrets."""
        if self._headers:
            head = self._headers.sub(rb"\1 " + REDACTED, head)
        head = _COOKIES.sub(lambda line: _COOKIE.sub(self._value, line[0]), head)
        return _KEY.sub(REDACTED, _PARAMETER.sub(self._value, head))

    def _value(self, pair: re.Match[bytes]) -> bytes:
        name, value = pair.groups()
        is_secret = _plain(name) in self._parameters or _ACCESS_KEY.fullmatch(value.strip(b'" \t\r\n'))
        return name + REDACTED if is_secret else pair[0]


def _plain(name: bytes) -> bytes:
    """The letters and digits of a name, which parameters may have escaped: ``access%5Ftoken``, ``token[]``."""
    return re.sub(rb"[^a-z0-9]", b"", unquote_to_bytes(name).lower())


def _split(message: bytes) -> tuple[bytes, bytes, bytes]:
    crlf, lf = message.find(b"\r\n\r\n"), message.find(b"\n\n")
    if crlf >= 0 and (lf < 0 or crlf < lf):
        return message.partition(b"\r\n\r\n")
    return message.partition(b"\n\n")
