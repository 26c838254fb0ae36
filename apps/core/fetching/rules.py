"""What may be fetched: which URLs by their text, which machines by the addresses their names stand for."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

ADDRESS = IPv4Address | IPv6Address

#: A URL that every parser reads alike: host and port stand between ``//`` and the first ``/``, ``?`` or ``#``.
PLAIN_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?([/?#].*)?", re.IGNORECASE)
USER = re.compile(r"[^/]*//[^/?#]*@")
BACKSLASH_OR_UNPRINTABLE = re.compile(r"[^!-\[\]-~]")  # what is left is ASCII without blank
NO_URL = "It is no address such as https://id.example.com."

#: Networks that look public and stand for, or lead to, addresses that may not be: an IPv4 address in an IPv6 one
#: (mapped, compatible, NAT64, 6to4, Teredo), anycast relays, and site-local addresses, which Python calls global.
INDIRECT = tuple(
    ip_network(text)
    for text in (
        "::ffff:0:0/96",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "192.88.99.0/24",
        "fec0::/10",
    )
)


class FetchError(Exception):
    """Nothing was fetched; the text says why, for a person."""


class FetchRefused(FetchError):
    """Weir does not fetch from there."""


class FetchFailed(FetchError):
    """There was no answer, or too late, or without end."""


def check_url(url: str) -> None:
    """Raise ``FetchRefused`` unless a URL is of a form that Weir fetches, and that nobody reads otherwise.

    Whom its host stands for is looked at when it is connected to.
    """
    if BACKSLASH_OR_UNPRINTABLE.search(url):
        raise FetchRefused("It holds a blank, a backslash or a character beyond ASCII.")
    if USER.match(url):
        raise FetchRefused("It holds a user name or a password.")
    if not (PLAIN_URL.fullmatch(url) and _is_readable(url)):
        raise FetchRefused(NO_URL)
    if url.lower().startswith("http:") and not settings.FETCH_ALLOW_HTTP:
        raise FetchRefused("It must use https; whoever runs Weir may allow http with FETCH_ALLOW_HTTP.")


def _is_readable(url: str) -> bool:
    """Tell whether the library that connects can read a URL."""
    try:
        return bool(parse_url(url).host)
    except LocationParseError:
        return False


def addresses_of(host: str, port: int) -> list[str]:
    """Look a host up, once: give the addresses to connect to, in order.

    Raises:
        FetchRefused: one of them is neither public nor in ``FETCH_ALLOWED_NETWORKS``.
        OSError: there is no such host.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty label, or one of more than 63 characters
        raise socket.gaierror(socket.EAI_NONAME, f"{host[:100]} is no name of a host") from error
    addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
    if not all(may_connect(ip_address(address.partition("%")[0])) for address in addresses):
        raise FetchRefused(
            f"{host} is at an address that is not public; whoever runs Weir may list it in FETCH_ALLOWED_NETWORKS."
        )
    return addresses


def may_connect(address: ADDRESS) -> bool:
    """Tell whether Weir connects to an address: a public one, or one that the operator listed."""
    if any(address in network for network in settings.FETCH_ALLOWED_NETWORKS):
        return True
    is_public = address.is_global and not (address.is_multicast or address.is_reserved)
    return is_public and not any(address in network for network in INDIRECT)
