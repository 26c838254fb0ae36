"""What an import makes of an OpenAPI document, and a patch of the one that is kept: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.apis.api_templates.merging import merged
from apps.apis.oas import switches
from apps.apis.oas.extension import EXTENSION, STREAMS_EXTENSION, Document, section
from apps.apis.oas.servers import listen_path_of, upstream_of, with_gateway

#: Without this in a document its requests are not counted.
COUNTED = {"global": {"contextVariables": {"enabled": True}, "trafficLogs": {"enabled": True}}}


@dataclass(frozen=True)
class Options:
    """What the caller says of an import or a patch. ``None`` leaves things as they are; ``False`` switches off."""

    listenPath: str | None = None  # noqa: N815  (the names of the query)
    upstreamURL: str | None = None  # noqa: N815
    customDomain: str | None = None  # noqa: N815
    allowList: bool | None = None  # noqa: N815
    validateRequest: bool | None = None  # noqa: N815
    mockResponse: bool | None = None  # noqa: N815
    authentication: bool | None = None

    def switched(self, document: Document) -> Document:
        """Give the document with the switches that are said, switched."""
        for name, switch in SWITCHES.items():
            if (is_on := getattr(self, name)) is not None:
                document = switch(document, is_on)
        return document


SWITCHES: dict[str, Callable[[Document, bool], Document]] = {
    "authentication": switches.authentication,
    "allowList": switches.allow_list,
    "validateRequest": switches.validate_request,
    "mockResponse": switches.mock_response,
}


def imported(document: Document, options: Options, gateway: str) -> Document:
    """Give a valid OpenAPI document with an extension of its own; one that a template brought counts before it.

    ``gateway`` is the gateway's address, without final slash. Raises ``InvalidDocument`` when neither options nor
    document nor template say where requests go on to.
    """
    given = section(document, EXTENSION)
    says_upstream = options.upstreamURL or section(given, "upstream").keys() & {"url", "loadBalancing"}
    upstream = {} if says_upstream else {"url": upstream_of(document, gateway)}
    path = listen_path_of(document, gateway) or "/"
    usual = {
        "info": {"name": "Untitled", "state": {"active": True}},
        "upstream": upstream,
        "server": {"listenPath": {"value": path, "strip": True}},
        "middleware": COUNTED,
    }
    title = section(document, "info").get("title")
    extension = merged(merged(usual, given), {"info": {"name": title}} if title else {})
    made = with_options({**document, EXTENSION: extension}, options)
    return with_gateway(made, gateway, section(made, EXTENSION, "server", "listenPath").get("value", "/"))


def patched(kept: Document, document: Document, options: Options, gateway: str) -> Document:
    """Give another OpenAPI document with the extensions of the one that is kept, and what the options say."""
    extensions = {name: kept[name] for name in (EXTENSION, STREAMS_EXTENSION) if name in kept}
    changed = with_options({**document, **extensions}, options)
    path = section(changed, EXTENSION, "server", "listenPath").get("value", "")
    return with_gateway(changed, gateway, path)


def with_options(document: Document, options: Options) -> Document:
    """Give a document that has an extension with what the options say."""
    extension = section(document, EXTENSION)
    server, upstream = section(extension, "server"), section(extension, "upstream")
    if options.listenPath:
        server["listenPath"] = {**section(server, "listenPath"), "value": options.listenPath}
    if options.upstreamURL:
        upstream["url"] = options.upstreamURL
    changed: dict[str, Any] = {**extension, "server": {**server, **_domain(options)}, "upstream": upstream}
    return options.switched({**document, EXTENSION: changed})


def _domain(options: Options) -> Mapping[str, Any]:
    return {"customDomain": {"enabled": True, "name": options.customDomain}} if options.customDomain else {}
