"""The types of value a variable can have: text in, typed value out, nothing else.

A cast's ``parse`` raises ``ValueError`` when the text is not of its type; the reader in ``config.env``
turns that into one message that names the variable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import addresses
from config.notation import QUOTES, OtherNotation, separated_by_blanks, separated_by_commas, unquoted

T = TypeVar("T")

NO_ITEMS = "none"
TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})
#: No length of time, size or count beyond this is meant: it is 68 years of seconds, or 2 GiB.
LARGEST = 2**31 - 1
_DIGITS = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
LEVELS = ("read", "write", "admin", "deny")  # of permissions
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Cast(Generic[T]):
    """A type of value: what is expected, in words for messages and documents, and how it is read."""

    expects: str
    parse: Callable[[str], T]


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("neither true nor false")
    return word in TRUE_WORDS


def _items(text: str) -> list[str]:
    return [] if text.lower() == NO_ITEMS else separated_by_commas(text, with_blanks=True)


def _names(text: str) -> list[str]:
    return [] if text.lower() == NO_ITEMS else separated_by_commas(text, with_blanks=False)


def _words(text: str) -> list[str]:
    return [] if text.lower() == NO_ITEMS else separated_by_blanks(text)


def _texts_by_name(text: str) -> dict[str, str]:
    try:
        given = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError("no JSON object of texts")
    return given


def _whole_number(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise ValueError("not written in digits alone")
    if abs(number := int(text)) > LARGEST:
        raise ValueError("too large")
    return number


def _number(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not written in digits and a point alone")
    if abs(number := float(text)) > LARGEST:
        raise ValueError("too large")
    return number


def _numbers(text: str) -> list[int]:
    return [_whole_number(item) for item in _names(text)]


def _networks(text: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(item) for item in _items(text)]


def _levels(text: str) -> dict[str, str]:
    if text.startswith("{"):
        raise OtherNotation("braces and quotes would be part of it", re.sub(r"[{}\s" + QUOTES + "]", "", text))
    pairs = [item.partition(":") for item in _names(re.sub(r"\s*:\s*", ":", text))]
    if not all(name.strip() and level.strip() for name, _, level in pairs):
        raise ValueError("an item has no name or no level")
    for name, _, level in pairs:
        if level.strip() not in LEVELS:
            raise ValueError(f"{name.strip()} has no level {level.strip()!r}, levels are {', '.join(LEVELS)}")
    return {name.strip(): level.strip() for name, _, level in pairs}


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError("no such level")
    return text.upper()


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError; directories are OSErrors
        raise ValueError("no such zone") from error


def database_settings(url: str) -> dict[str, Any]:
    """Turn a libpq URL into Django's ``DATABASES`` entry (without engine).

    libpq's own parser reads it, so every form of PostgreSQL's manual works: sockets as
    ``postgresql://me@/weir?host=/run/pg`` or ``postgresql://me@%2Frun%2Fpg/weir``, IPv6 hosts, several
    hosts, ``sslmode`` and the other options.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("not a PostgreSQL URL")
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError as error:  # its text may quote the password
        raise ValueError("not a URL that PostgreSQL understands") from error
    places = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    settings: dict[str, Any] = {place: str(given.pop(key, "") or "") for place, key in places.items()}
    if not settings["NAME"]:
        raise ValueError("it names no database")
    return {**settings, "OPTIONS": given}


def broker_url(url: str) -> str:
    """Spell a Redis URL as Celery wants it: Unix sockets are ``redis+socket://`` there."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{credentials}{parts.path}?virtual_host={number}"


MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
MAIL_TIMEOUT = 20  # seconds


def email_settings(url: str) -> dict[str, Any]:
    """Turn the URL of a mail server into Django's settings for mail."""
    parts = urlsplit(url)
    backend = "django.core.mail.backends.{}.EmailBackend"
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": backend.format("console")}
    if parts.scheme == "file" and parts.path.strip("/"):
        return {"EMAIL_BACKEND": backend.format("filebased"), "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ValueError("it names no mail server")
    return {
        "EMAIL_BACKEND": backend.format("smtp"),
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": MAIL_TIMEOUT,
    }


def one_of(*choices: str) -> Cast[str]:
    """Make the cast to one of a few words."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("none of these")
        return text.lower()

    return Cast("one of " + ", ".join(choices), parse)


def whole_number_from(least: int, most: int) -> Cast[int]:
    """Make the cast to a whole number between two, both included."""

    return Cast(f"a whole number from {least:,} to {most:,}", partial(_bounded, least, most))


def at_least(least: int) -> Cast[int]:
    """Make the cast to a whole number that is not less."""
    return Cast(f"a whole number from {least:,}", partial(_bounded, least, LARGEST))


def _above_zero(text: str) -> float:
    if (number := _number(text)) <= 0:
        raise ValueError("too small")
    return number


def retention(most: int) -> Cast[int | None]:
    """Make the cast to a length of time in some unit, ``None`` for ever."""

    def parse(text: str) -> int | None:
        return None if text.lower() in {NO_ITEMS, "0"} else _bounded(1, most, text)

    return Cast(f"a whole number from 1 to {most:,}, or `{NO_ITEMS}` or 0 for ever", parse)


def _bounded(least: int, most: int, text: str) -> int:
    if not least <= (number := _whole_number(text)) <= most:
        raise ValueError("too small" if number < least else "too large")
    return number


text: Cast[str] = Cast("text without quotes around it", unquoted)
boolean: Cast[bool] = Cast("true or false", _boolean)
whole_number: Cast[int] = Cast("a whole number", _whole_number)
number: Cast[float] = Cast("a number", _number)
number_above_zero: Cast[float] = Cast("a number above 0", _above_zero)
items: Cast[list[str]] = Cast(f"items separated by commas, or `{NO_ITEMS}`", _items)
names: Cast[list[str]] = Cast(f"items without blanks, separated by commas, or `{NO_ITEMS}`", _names)
words: Cast[list[str]] = Cast(f"items separated by blanks or line ends, or `{NO_ITEMS}`", _words)
texts_by_name: Cast[dict[str, str]] = Cast('a JSON object of texts such as {"name": "text"}', _texts_by_name)
numbers: Cast[list[int]] = Cast(f"whole numbers separated by commas, or `{NO_ITEMS}`", _numbers)
networks: Cast[list[IPv4Network | IPv6Network]] = Cast(
    f"networks such as 10.0.0.0/8,fd00::/8 or single addresses, separated by commas, or `{NO_ITEMS}`", _networks
)
levels: Cast[dict[str, str]] = Cast(
    f"permissions with levels such as analytics:read,apis:write, or `{NO_ITEMS}`", _levels
)
log_level: Cast[str] = Cast("one of " + ", ".join(LOG_LEVELS), _log_level)
time_zone: Cast[str] = Cast("an IANA time zone such as Europe/London", _time_zone)
database: Cast[dict[str, Any]] = Cast(
    "a URL such as postgresql://user:password@host:5432/weir or postgresql://user@/weir?host=/run/sockets",
    database_settings,
)
redis_url: Cast[str] = Cast(
    "a URL such as redis://host:6379/0, rediss://host:6379/0 or unix:///run/redis.sock?db=0", addresses.redis_url
)
email_url: Cast[dict[str, Any]] = Cast(
    "console:, file:///directory, smtp://user:password@host:25, smtp+tls://… or smtps://…", email_settings
)
base_url: Cast[str] = Cast("a URL such as https://weir.example.com", addresses.base_url)
web_url: Cast[str] = Cast("a URL such as https://gateway.example.com or http://10.0.0.5:8080/base", addresses.web_url)
link: Cast[str] = Cast("a URL such as https://weir.example.com/login, or a path such as /login", addresses.link)
hosts: Cast[list[str]] = Cast(
    "names such as weir.example.com, .example.com, 10.0.0.5, [::1] or *, separated by commas",
    addresses.all_of(_names, addresses.host_names),
)
origins: Cast[list[str]] = Cast(
    f"origins such as https://weir.example.com, separated by commas, or `{NO_ITEMS}`",
    addresses.all_of(_names, addresses.origins),
)
key_prefix: Cast[str] = Cast("what keys begin with, letter by letter", addresses.key_prefix)
file: Cast[str] = Cast("the path of a file", addresses.file)
ca_file: Cast[str] = Cast("the path of a file of certificates (PEM)", addresses.ca_file)
