"""Redaction: passwords, keys, tokens, whatever a name or a value gives away as one is in no record and no log.

Secrets are removed by the name of the field that holds them, since no look at a value can tell a
password from a word; and by value where a name is not to be had (private keys, passwords in URLs).
Names are compared without regard to case, dashes and underscores.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

REDACTED = "…"

SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|pwhistory|secret|accesskey|apikey|privatekey|authkey|keyhash|hashedkey|sshkey|token|digest"
    r"|authori[sz]ation|adminauth|credential|cookie|csrf|nonce|signature|sessionid|sessionkey|samlresponse|jwtsource"
    r"|requestdump|responsedump"  # or what is read from the audit log would be in it again
    r"|rawrequest|rawresponse"  # recorded traffic: bodies of others' APIs, in base64
    r"|basicauthdata|^keys?$|^keyids?$|^hash$|^code$|^state$|^auth$|^pin$|^otp$"
)
# What is about a secret and is none: times, durations, switches' names.
NOT_SECRET_NAME = re.compile(r"(?:days|at|updated|expires|expiration|lifetime|ttl|name|type|length|used)$")
# Maps of permission names, among them "keys" and "ResetPassword": what they say is what an audit is for.
PERMISSION_MAPS = frozenset({"userpermissions", "permissions", "additionalpermissions"})
# Maps whose keys are ids, paths or names of others' choice: they are no names of fields.
ID_MAPS = frozenset({"accessrights", "versions", "paths", "operations"})

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
URL_PASSWORD = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")
KEYS_IN_PATH = re.compile(r"(?<=/keys/)[^?#\s<>\"]+")
PARAMETER = re.compile(r"(?<=[?&#])[^=?&#]+(?==.)")
MAX_NESTED_URLS = 3  # URLs in URLs that are looked into
QUERY = re.compile(r"(?<=[?#])[^?#\s<>\"]+")
RANDOM_TEXT = re.compile(
    r"\b(?:[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-zA-Z]{48})\b"
)
KEPT_END = 4  # characters of a secret in a path that are kept, as gateways log keys
MIN_LENGTH_TO_KEEP_END = 12  # characters


def is_secret(name: str) -> bool:
    """Tell whether a field, header or parameter of this name holds a secret."""
    plain = _plain(name)
    return bool(SECRET_NAME.search(plain)) and not NOT_SECRET_NAME.search(plain)


def is_permission_map(name: str) -> bool:
    """Tell whether a field of this name maps permissions to levels."""
    return _plain(name) in PERMISSION_MAPS


def names_in(name: str) -> Callable[[str, Any], str]:
    """Give what tells by which name something in the map ``name`` is redacted: by its key, or by none if that is an id.

    What is no map itself is redacted by its key all the same.
    """
    holds_ids = _plain(name) in ID_MAPS
    return lambda key, value: "" if holds_ids and isinstance(value, Mapping) else key


def redact(value: Any, name: str = "") -> Any:
    """Give a value without the secrets in it, as deep as it goes; ``name`` is the field that holds it.

    Switches and ``None`` are kept whatever the name, they tell no secret.
    """
    if value is None or isinstance(value, bool):
        return value
    if is_secret(name):
        return REDACTED
    if isinstance(value, Mapping):
        if is_permission_map(name):
            return dict(value)
        name_of = names_in(name)
        return {str(key): redact(inner, name_of(str(key), inner)) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(inner, name) for inner in value]
    return redact_text(value) if isinstance(value, str) else value


def redact_text(text: str) -> str:
    """Give a text without private keys and without the passwords of URLs in it."""
    return URL_PASSWORD.sub(REDACTED, PRIVATE_KEY.sub(REDACTED, text))


def redact_random(text: str) -> str:
    """Give a text without what looks like a key: 32 hex characters or more, UUIDs, and these in base64."""
    return RANDOM_TEXT.sub(REDACTED, text)


def redact_values(text: str, secrets: Iterable[str]) -> str:
    """Give a text without some values that are known to be secret, plain or as they stand in a URL or in JSON."""
    for secret in secrets:
        in_url = {quote(secret, safe=""), quote(secret), escape_uri_path(secret)}
        for written in {secret, json.dumps(secret)[1:-1], *in_url}:
            text = text.replace(written, REDACTED)
    return text


def redact_urls(text: str) -> str:
    """Give a text without the secrets in the URLs in it: what follows ``/keys/``, and parameters."""
    return QUERY.sub(lambda found: redact_query(found[0]), KEYS_IN_PATH.sub(REDACTED, redact_text(text)))


def redact_query(query: str) -> str:
    """Give a query string without the values of the parameters that hold secrets."""
    return "&".join(_redact_parameter(pair) for pair in query.split("&"))


def _redact_parameter(pair: str) -> str:
    name, _, value = pair.partition("=")
    if value and (is_secret(unquote_plus(name)) or _leads_to_secret(value)):
        return f"{name}={REDACTED}"
    return redact_text(pair)


def _leads_to_secret(value: str) -> bool:
    """Tell whether a value is a URL with a secret in it, such as the page to go on to."""
    for _ in range(MAX_NESTED_URLS):
        value = unquote_plus(value)
    return bool(KEYS_IN_PATH.search(value)) or any(is_secret(name) for name in PARAMETER.findall(value))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def redacted_url(request: HttpRequest) -> str:
    """Give path and query of a request without secrets.

    Of the path, those are the values of parameters whose name says so (``<key>``, ``<token>``), and all that
    follows ``/keys/`` where no route says what it is; their last characters tell keys apart.
    """
    path = _escape_path(request.path, set(filter(None, _secrets_in_path(request))))
    _, _, query = request.get_full_path().partition("?")
    return f"{path}?{redact_query(query)}" if query else path


def _secrets_in_path(request: HttpRequest) -> Iterator[str]:
    match = request.resolver_match
    is_of_keys = match is not None and "keys/" in match.route
    for name, value in match.kwargs.items() if match else ():
        if is_secret(name) or (is_of_keys and not str(value).isdigit()):  # a key may stand in the place of a date
            yield str(value)
    if not is_of_keys:
        yield request.path.partition("/keys/")[2].rstrip("/")


def _escape_path(path: str, secrets: Collection[str]) -> str:
    """Escape a path; secrets go before that, since afterwards they may be written otherwise."""
    if not secrets:
        return escape_uri_path(path)
    longest_first = sorted(secrets, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", path)
    return "".join(_shortened(part) if part in secrets else escape_uri_path(part) for part in parts)


def _shortened(secret: str) -> str:
    return REDACTED + escape_uri_path(secret[-KEPT_END:]) if len(secret) >= MIN_LENGTH_TO_KEEP_END else REDACTED


class RedactPaths(logging.Filter):
    """Writes the path that Django's loggers tell as the audit log writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact what is secret in the path; never drop the record."""
        request = getattr(record, "request", None)
        if isinstance(record.args, tuple) and isinstance(request, HttpRequest):
            raw = request.path.encode("unicode_escape").decode("ascii")  # as Django has it in its arguments
            redacted = redacted_url(request).partition("?")[0]
            record.args = tuple(redacted if argument == raw else argument for argument in record.args)
        return True
