"""What the audit log never keeps: passwords, keys, tokens, whatever a name or a value gives away as one.

Secrets are removed by the name of the field that holds them, since no look at a value can tell a
password from a word; and by value where a name is not to be had (private keys, passwords in URLs).
Names are compared without regard to case, dashes and underscores.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from django.utils.encoding import escape_uri_path

HIDDEN = "…"

SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|pwhistory|secret|accesskey|apikey|privatekey|authkey|keyhash|hashedkey|sshkey|token|digest"
    r"|authori[sz]ation|adminauth|credential|cookie|csrf|nonce|signature|sessionid|sessionkey|samlresponse|jwtsource"
    r"|requestdump|responsedump"  # or what is read from the audit log would be in it again
    r"|rawrequest|rawresponse"  # recorded traffic: bodies of others' APIs, in base64
    r"|basicauthdata|^keys?$|^keyids?$|^hash$|^code$|^state$|^auth$|^pin$|^otp$"
)
# What is about a secret and is none: times, durations, switches' names.
HARMLESS_NAME = re.compile(r"(?:days|at|updated|expires|expiration|lifetime|ttl|name|type|length|used)$")
# Maps of permission names, among them "keys" and "ResetPassword": what they say is what an audit is for.
PERMISSION_MAPS = frozenset({"userpermissions", "permissions", "additionalpermissions"})

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
URL_PASSWORD = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")
KEYS_IN_PATH = re.compile(r"(?<=/keys/)[^?#\s<>\"]+")
PARAMETER = re.compile(r"(?<=[?&#])[^=?&#]+(?==.)")
DEEPEST = 3  # addresses in addresses that are looked into
QUERY = re.compile(r"(?<=[?#])[^?#\s<>\"]+")
RANDOM_TEXT = re.compile(
    r"\b(?:[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-zA-Z]{48})\b"
)


def is_secret(name: str) -> bool:
    """Tell whether a field, header or parameter of this name holds a secret."""
    plain = _plain(name)
    return bool(SECRET_NAME.search(plain)) and not HARMLESS_NAME.search(plain)


def is_permission_map(name: str) -> bool:
    """Tell whether a field of this name maps permissions to levels."""
    return _plain(name) in PERMISSION_MAPS


def conceal(value: Any, name: str = "") -> Any:
    """Give a value without the secrets in it, as deep as it goes; ``name`` is the field that holds it.

    Switches and ``None`` are kept whatever the name, they tell no secret.
    """
    if value is None or isinstance(value, bool):
        return value
    if is_secret(name):
        return HIDDEN
    if isinstance(value, Mapping):
        if is_permission_map(name):
            return dict(value)
        return {str(key): conceal(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [conceal(inner, name) for inner in value]
    return conceal_text(value) if isinstance(value, str) else value


def conceal_text(text: str) -> str:
    """Give a text without private keys and without the passwords of URLs in it."""
    return URL_PASSWORD.sub(HIDDEN, PRIVATE_KEY.sub(HIDDEN, text))


def conceal_random(text: str) -> str:
    """Give a text without what looks like a key: 32 hex characters or more, UUIDs, and these in base64."""
    return RANDOM_TEXT.sub(HIDDEN, text)


def conceal_values(text: str, secrets: Iterable[str]) -> str:
    """Give a text without some values that are known to be secret, plain or as they stand in a URL or in JSON."""
    for secret in secrets:
        in_url = {quote(secret, safe=""), quote(secret), escape_uri_path(secret)}
        for written in {secret, json.dumps(secret)[1:-1], *in_url}:
            text = text.replace(written, HIDDEN)
    return text


def conceal_addresses(text: str) -> str:
    """Give a text without the secrets in the addresses in it: what follows ``/keys/``, and parameters."""
    return QUERY.sub(lambda found: conceal_query(found[0]), KEYS_IN_PATH.sub(HIDDEN, conceal_text(text)))


def conceal_query(query: str) -> str:
    """Give a query string without the values of the parameters that hold secrets."""
    return "&".join(_conceal_parameter(pair) for pair in query.split("&"))


def _conceal_parameter(pair: str) -> str:
    name, _, value = pair.partition("=")
    if value and (is_secret(unquote_plus(name)) or _leads_to_secret(value)):
        return f"{name}={HIDDEN}"
    return conceal_text(pair)


def _leads_to_secret(value: str) -> bool:
    """Tell whether a value is an address with a secret in it, such as the page to go on to."""
    for _ in range(DEEPEST):
        value = unquote_plus(value)
    return bool(KEYS_IN_PATH.search(value)) or any(is_secret(name) for name in PARAMETER.findall(value))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
