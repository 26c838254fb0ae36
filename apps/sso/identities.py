"""What a broker or an ID token says of a person, before Weir decides anything. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.sso.login_errors import EMAIL, LoginRefused

#: What existing brokers give people who have no e-mail address; ours then too.
PLACEHOLDER_EMAIL = "ssoSession@ssoSession.com"
STANDARD_EMAIL = "email"
LONGEST_EMAIL = 254  # characters, as accounts have them


@dataclass(frozen=True)
class ExternalIdentity:
    """A person somebody vouches for.

    ``organisation`` is an id, ``groups`` are ids of user groups in the order they were sent. With ``is_looked_up``
    the account with this e-mail address is theirs, if there is one; ``only_registered`` then lets nobody else in.
    ``is_refused``: whoever vouches for them says that they may not come in. ``provider`` is the id of the identity
    provider, empty when a broker sent them with a nonce. ``by_operator``: the broker had the admin secret; if not,
    ``asked_by`` is the id of the account whose key it had.
    """

    organisation: str
    email: str
    name: str = ""
    groups: tuple[str, ...] = ()
    is_looked_up: bool = False
    only_registered: bool = False
    is_refused: bool = False
    provider: str = ""
    by_operator: bool = False
    asked_by: str = ""

    @property
    def shown_email(self) -> str:
        """The e-mail address to show; brokers' placeholder for people without one."""
        return self.email or PLACEHOLDER_EMAIL


def is_email(text: str) -> bool:
    """Tell whether a text is an e-mail address that an account could have: what else somebody sends names nobody."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable() and len(text) <= LONGEST_EMAIL


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


def email_claim(claims: Mapping[str, Any], path: str, *, trusted: bool) -> str:
    """Give the e-mail address in lower case. Raises ``LoginRefused`` when there is none, or none to rely on.

    Only the standard claim can be verified (``email_verified``, OpenID Connect Core 5.1; some providers
    write it as text); any other is taken from providers that are trusted.
    """
    email = claim(claims, path)
    verified = path == STANDARD_EMAIL and claims.get("email_verified") in (True, "true")
    if not isinstance(email, str) or not is_email(email.strip()) or not (trusted or verified):
        raise LoginRefused(EMAIL)
    return email.strip().lower()


def group_claim(claims: Mapping[str, Any], path: str) -> list[str]:
    """Give the values of the group claim: of a list its texts, of a text itself and its parts between commas."""
    found = claim(claims, path) if path else None
    if isinstance(found, str):
        return [found, *(part.strip() for part in found.split(","))]
    return [value for value in found if isinstance(value, str)] if isinstance(found, list) else []


def name_claim(claims: Mapping[str, Any]) -> str:
    """Give the name to show; empty when the provider tells none."""
    whole = claims.get("name")
    parts = (claims.get("given_name"), claims.get("family_name"))
    return whole if isinstance(whole, str) else " ".join(part for part in parts if isinstance(part, str))
