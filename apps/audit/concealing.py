"""What the audit log never keeps: passwords, keys, tokens, whatever a name or a value gives away as one.

Secrets are removed by the name of the field that holds them, since no look at a value can tell a
password from a word; and by value where a name is not to be had (private keys, passwords in URLs).
Names are compared without regard to case, dashes and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

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


def conceal_values(text: str, secrets: Iterable[str], shown: str = HIDDEN) -> str:
    """Give a text without some values that are known to be secret, plain or as they stand in a URL."""
    for secret in secrets:
        for written in {secret, quote(secret, safe=""), quote(secret)}:
            text = text.replace(written, shown)
    return text


def conceal_query(query: str) -> str:
    """Give a query string without the values of the parameters that hold secrets."""
    return "&".join(_conceal_parameter(pair) for pair in query.split("&"))


def _conceal_parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and value and is_secret(unquote_plus(name)) else conceal_text(pair)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
