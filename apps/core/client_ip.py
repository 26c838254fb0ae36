"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest, *, directly: bool = False) -> str:
    """Give the caller's IP address; "" when it is not known, as on a Unix socket without a proxy.

    With ``TRUST_FORWARDED_FOR`` it is the first one of ``X-Forwarded-For``, if that is one: a proxy
    must be there that sets the header itself, or callers write what they like. ``directly`` asks who
    connects, whatever the settings say.
    """
    believed = settings.TRUST_FORWARDED_FOR and not directly
    claimed = request.headers.get("X-Forwarded-For", "").split(",")[0] if believed else ""
    return _parse(claimed) or _parse(request.META.get("REMOTE_ADDR", ""))


def _parse(text: str) -> str:
    """Give an IP address without port and brackets, in its shortest form; "" for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        return ""
