"""Values that say where something is: URLs, names of hosts, files."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from config.notation import OtherNotation, unquoted

_HOST = re.compile(r"\*|\.?[^\s:/\[\]*?#@]+|\[[0-9a-fA-F:.]+\]")
_NUMBER_OF_A_DATABASE = re.compile(r"/?|/[0-9]{1,5}")
_PATTERN_SIGNS = re.compile(r"[\s*?\[\]^\\]")
WEB = frozenset({"http", "https"})


def redis_url(url: str) -> str:
    """Give the URL of a Redis. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("not a Redis URL")
    if parts.scheme == "unix" and parts.path in {"", "/"}:
        raise ValueError("it names no socket")
    if parts.scheme != "unix" and not _host_of(parts):
        raise ValueError("it names no host")
    if parts.scheme != "unix" and not _NUMBER_OF_A_DATABASE.fullmatch(parts.path):
        raise ValueError("its path is not the number of a database")
    if not all(number.isdecimal() for number in parse_qs(parts.query).get("db", [])):
        raise ValueError("its db is not the number of a database")
    return url


def base_url(text: str) -> str:
    """Give a URL of the web without a path, or "". Raises ``ValueError``."""
    parts = urlsplit(web_url(text))
    if parts.path.strip("/"):
        raise ValueError("it has more than a host")
    return text.rstrip("/")


def web_url(text: str) -> str:
    """Give a URL of the web, or "". Raises ``ValueError``."""
    parts = urlsplit(text)
    if text and not (parts.scheme in WEB and _host_of(parts)):
        raise ValueError("not a URL of the web")
    if parts.query or parts.fragment or re.search(r"\s", text):
        raise ValueError("it has more than a host and a path")
    return text


def link(text: str) -> str:
    """Give where a browser may be sent: a URL of the web, a path of Weir, or "". Raises ``ValueError``."""
    parts = urlsplit(text)
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    if text and not is_path and not (parts.scheme in WEB and _host_of(parts)):
        raise ValueError("neither a URL of the web nor a path")
    return text


def host_names(names: list[str]) -> list[str]:
    """Give names of hosts as Django compares them with what is asked for. Raises ``OtherNotation``."""
    if not all(_HOST.fullmatch(name) for name in names):
        raise OtherNotation("schemes, ports and paths are no part of a name", ",".join(map(_bare_host, names)))
    return names


def _bare_host(name: str) -> str:
    if name.count(":") > 1 and "/" not in name and "[" not in name:
        return f"[{name}]"  # IPv6
    host = re.sub(r"^[a-z]+://", "", name).partition("/")[0].rpartition("@")[2]
    return re.sub(r"(?<!:):[0-9*]*$", "", host)


def origins(names: list[str]) -> list[str]:
    """Give origins as browsers send them. Raises ``ValueError``."""
    for name in names:
        parts = urlsplit(name)
        if parts.scheme not in WEB or not parts.netloc:
            raise ValueError("an origin begins with https:// or http:// and names a host")
        if name != f"{parts.scheme}://{parts.netloc}":
            bare = (f"{one.scheme}://{one.netloc}" for one in map(urlsplit, names))
            raise OtherNotation("an origin ends with its host and port", ",".join(bare))
    return names


def key_prefix(text: str) -> str:
    """Give what keys of Redis begin with, letter by letter. Raises ``ValueError``."""
    if found := _PATTERN_SIGNS.search(unquoted(text)):
        raise ValueError(f"{found[0]!r} stands in patterns, and this is a prefix")
    return text


def file(text: str) -> str:
    """Give the path of a file that can be read, or "". Raises ``ValueError``."""
    if unquoted(text) and not (Path(text).is_file() and os.access(text, os.R_OK)):
        raise ValueError("there is no readable file of this name")
    return text


def ca_file(text: str) -> str:
    """Give the path of a file of certificates, or "". Raises ``ValueError``."""
    try:
        return file(text) and _of_certificates(text)
    except ssl.SSLError as error:
        raise ValueError("it holds no certificates (PEM)") from error


def _of_certificates(path: str) -> str:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    return path


def all_of(parse: Callable[[str], list[str]], check: Callable[[list[str]], list[str]]) -> Callable[[str], list[str]]:
    """Make the parser of a list whose items are checked."""
    return lambda text: check(parse(text))


def _host_of(parts: SplitResult) -> str:
    """Give the host of a URL whose port is one. Raises ``ValueError``."""
    _ = parts.port
    return parts.hostname or ""
