"""What an ID token says of a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.sso.arrivals import NotAdmitted
from apps.sso.wording import EMAIL

STANDARD_EMAIL = "email"


def claim(claims: Mapping[str, Any], path: str) -> Any:
    """Give a claim; ``None`` when there is none. Dots lead into objects, unless a claim has that very name."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def email_of(claims: Mapping[str, Any], path: str, *, trusted: bool) -> str:
    """Give the e-mail address in lower case. Raises ``NotAdmitted`` when there is none, or none to rely on.

    Only the standard claim can be verified (``email_verified``, OpenID Connect Core 5.1; some providers
    write it as text); any other is taken from providers that are trusted.
    """
    email = claim(claims, path)
    verified = path == STANDARD_EMAIL and claims.get("email_verified") in (True, "true")
    if not isinstance(email, str) or "@" not in email or not (trusted or verified):
        raise NotAdmitted(EMAIL)
    return email.strip().lower()


def values_of(claims: Mapping[str, Any], path: str) -> list[str]:
    """Give the values of the group claim: of a list its texts, of a text itself and its parts between commas."""
    found = claim(claims, path) if path else None
    if isinstance(found, str):
        return [found, *(part.strip() for part in found.split(","))]
    return [value for value in found if isinstance(value, str)] if isinstance(found, list) else []


def name_of(claims: Mapping[str, Any]) -> str:
    """Give the name to show; empty when the provider tells none."""
    whole = claims.get("name")
    parts = (claims.get("given_name"), claims.get("family_name"))
    return whole if isinstance(whole, str) else " ".join(part for part in parts if isinstance(part, str))
