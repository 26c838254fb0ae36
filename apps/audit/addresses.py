"""The address of a request as it is recorded."""

from __future__ import annotations

import re

from django.http import HttpRequest

from apps.audit.concealing import HIDDEN, conceal_query, conceal_values, is_secret

LAST = 4  # characters of a secret in a path that are kept, as gateways log keys
LONG = 12  # characters a secret has at least for its last ones to be kept
KEY_IN_PATH = re.compile(r"(?<=/keys/)[^/?]{20,}")


def recorded_url(request: HttpRequest) -> str:
    """Give path and query of a request without secrets.

    Of the path, those are the values of parameters whose name says so (``<key>``, ``<token>``) and what
    is as long as a key and stands where a key stands; their last characters tell keys apart.
    """
    path, _, query = request.get_full_path().partition("?")
    match = request.resolver_match
    for name, value in (match.kwargs if match else {}).items():
        if is_secret(name) and isinstance(value, str) and value:
            path = conceal_values(path, [value], _ending(value))
    path = KEY_IN_PATH.sub(lambda found: _ending(found[0]), path)
    return f"{path}?{conceal_query(query)}" if query else path


def _ending(secret: str) -> str:
    return HIDDEN + secret[-LAST:] if len(secret) >= LONG else HIDDEN
