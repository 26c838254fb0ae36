"""Where callers reach an API and its versions: the addresses that the gateway answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.apis.classic import SELF
from apps.apis.oas.extension import EXTENSION, is_on, section
from apps.apis.oas.versioning import versioning, versions

DEFAULT_PORTS = {"http": 80, "https": 443}
Document = Mapping[str, Any]


def addresses(document: Document, api_id: str, base: Document | None, gateway: str) -> list[dict[str, Any]]:
    """Give the addresses of an API, the one with the version first.

    ``base`` is the document of the API that it is a version of, or ``None``; ``gateway`` the gateway's URL.
    """
    return list(_addresses(document, api_id, base, gateway))


def _addresses(document: Document, api_id: str, base: Document | None, gateway: str) -> Iterator[dict[str, Any]]:
    routed = document if base is None else base
    told = versioning(routed)
    if not is_on(told):
        yield _address(document, gateway)
        return
    named = {id_: name for name, id_ in versions(routed).items()}
    name = named.get(api_id, "") if base is not None else str(told.get("name", ""))
    yield _address(routed, gateway, told, name)
    default = told.get("default") or SELF
    if default == name or (base is None and default == SELF):
        yield _address(routed, gateway)
    is_internal = section(document, EXTENSION, "info", "state").get("internal") is True
    if base is not None and not is_internal:
        yield _address(document, gateway)


def _address(document: Document, gateway: str, told: Mapping[str, Any] | None = None, name: str = "") -> dict[str, Any]:
    """Give one address; with what tells the version where there is a ``name``."""
    server = section(document, EXTENSION, "server")
    parts, domain = urlsplit(gateway), section(server, "customDomain")
    protocol = server.get("protocol") or parts.scheme
    host = domain.get("name") if is_on(domain) and domain.get("name") else parts.hostname
    port = server.get("port") or parts.port
    port = None if DEFAULT_PORTS.get(protocol) == port else port
    selector = [{"name": (told or {}).get("key", ""), "value": name}] if name else []
    location = (told or {}).get("location")
    listen = str(section(server, "listenPath").get("value", "")).strip("/")
    found = {
        "protocol": protocol,
        "domain": host,
        "port": port,
        "listen_path": listen,
        "endpoint_path": name if location == "url" else "",
        "query_parameters": selector if location == "url-param" else [],
        "headers": selector if location == "header" else [],
    }
    return {**found, "url": _written(found)}


def _written(address: Mapping[str, Any]) -> str:
    host = f"{address['domain']}:{address['port']}" if address["port"] else address["domain"]
    path = "".join(f"{part}/" for part in (address["listen_path"], address["endpoint_path"]) if part)
    query = urlencode([(one["name"], one["value"]) for one in address["query_parameters"]])
    return f"{address['protocol']}://{host}/{path}" + (f"?{query}" if query else "")
