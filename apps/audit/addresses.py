"""The address of a request as it is recorded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

from apps.audit.concealing import HIDDEN, conceal_query, is_secret

LAST = 4  # characters of a secret in a path that are kept, as gateways log keys
LONG = 12  # characters a secret has at least for its last ones to be kept


def recorded_url(request: HttpRequest) -> str:
    """Give path and query of a request without secrets.

    Of the path, those are the values of parameters whose name says so (``<key>``, ``<token>``), and all that
    follows ``/keys/`` where no route says what it is; their last characters tell keys apart.
    """
    path = _escaped(request.path, set(filter(None, _secrets(request))))
    _, _, query = request.get_full_path().partition("?")
    return f"{path}?{conceal_query(query)}" if query else path


def _secrets(request: HttpRequest) -> Iterator[str]:
    match = request.resolver_match
    is_of_keys = match is not None and "keys/" in match.route
    for name, value in match.kwargs.items() if match else ():
        if is_secret(name) or (is_of_keys and not str(value).isdigit()):  # a key may stand in the place of a date
            yield str(value)
    if not is_of_keys:
        yield request.path.partition("/keys/")[2].rstrip("/")


def _escaped(path: str, secrets: Collection[str]) -> str:
    """Escape a path; secrets go before that, since afterwards they may be written otherwise."""
    if not secrets:
        return escape_uri_path(path)
    longest_first = sorted(secrets, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", path)
    return "".join(_ending(part) if part in secrets else escape_uri_path(part) for part in parts)


def _ending(secret: str) -> str:
    return HIDDEN + escape_uri_path(secret[-LAST:]) if len(secret) >= LONG else HIDDEN
