"""``servers`` of a document: which of them is the upstream, and that the gateway stands first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.apis.oas.extension import Document, objects, section
from apps.apis.oas.reading import InvalidDocument


def upstream_of(document: Mapping[str, Any], gateway: str) -> str:
    """Give the first server that is no address of the gateway.

    Raises ``InvalidDocument``, with the documented text, when a request could not be sent there.
    """
    addresses = [_address(server) for server in objects(document, "servers")]
    others = [address for address in addresses if not address.startswith(gateway)]
    url = others[0] if others else "/"
    if not urlsplit(url).scheme or not urlsplit(url).netloc:
        asked = f'Please update "{url}" to be a valid url or pass a valid url with upstreamURL query param'
        raise InvalidDocument(f"error validating servers entry in OAS: {asked}")
    return url


def listen_path_of(document: Mapping[str, Any], gateway: str) -> str:
    """Give the path at the gateway, where the first server is one; "" otherwise."""
    addresses = [_address(server) for server in objects(document, "servers")[:1]]
    return next((urlsplit(address).path for address in addresses if address.startswith(gateway)), "")


def with_gateway(document: Document, gateway: str, listen_path: str) -> Document:
    """Give the document with the gateway as its first server; an older address of it makes room."""
    address = f"{gateway}{listen_path}"
    others = [server for server in objects(document, "servers") if not _address(server).startswith(gateway)]
    servers = [{"url": address}, *others]
    return {**document, "servers": servers}


def _address(server: Mapping[str, Any]) -> str:
    """Give the URL of a server, with the defaults of its variables."""
    url = str(server.get("url", ""))
    for name, variable in section(server, "variables").items():
        if isinstance(variable, Mapping):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url
