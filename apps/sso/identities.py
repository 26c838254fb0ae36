"""What a broker or an ID token says of a person, before Weir decides anything. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.sso.login_errors import EMAIL, LoginRefused

#: What existing brokers give people who have no e-mail address; ours then too.
PLACEHOLDER_EMAIL = "ssoSession@ssoSession.com"
STANDARD_EMAIL = "email"
VERIFIED = "email_verified"

#: What a provider tells of a person: its ID token, and what it answered when it was asked for the rest.
Sources = Sequence[Mapping[str, Any]]
LONGEST_EMAIL = 254  # characters, as accounts have them


@dataclass(frozen=True)
class ExternalIdentity:
    """A person somebody vouches for.

    ``organisation`` is an id, ``groups`` are ids of user groups in the order they were sent. With ``is_looked_up``
    the account with this e-mail address is theirs, if there is one; ``only_registered`` then lets nobody else in.
    ``is_refused``: whoever vouches for them says that they may not come in. ``provider`` is the id of the identity
    provider, empty when a broker sent them with a nonce. ``by_operator``: the broker had the admin secret; if not,
    ``asked_by`` is the id of the account whose key it had.

    ``groups_left_out``: the provider did not tell their groups.
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
    groups_left_out: bool = False
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
    """Give a claim; ``None`` when there is none.

    Dots lead into objects, unless a claim has that very name: of names that hold dots themselves the longest counts.
    """
    if path in claims:
        return claims[path]
    places = [place for place, letter in enumerate(path) if letter == "."]
    for place in reversed(places):
        inner = claims.get(path[:place])
        if isinstance(inner, Mapping) and (found := claim(inner, path[place + 1 :])) is not None:
            return found
    return None


def first_claim(sources: Sources, path: str) -> Any:
    """Give a claim of the first source that has it."""
    return next((found for claims in sources if (found := claim(claims, path)) is not None), None)


def email_claim(sources: Sources, path: str, *, trusted: bool) -> str:
    """Give the e-mail address in lower case. A list with one counts as that one; of several nobody knows which it is.

    Only the standard claim can be verified, any other is taken from providers that are trusted. Raises ``LoginRefused``
    when there is no address, or none to rely on.
    """
    found = first_claim(sources, path)
    email = found[0] if isinstance(found, list) and len(found) == 1 else found
    is_relied_on = trusted or (path == STANDARD_EMAIL and is_verified(sources, found))
    if not isinstance(email, str) or not is_email(email.strip()) or not is_relied_on:
        raise LoginRefused(EMAIL)
    return email.strip().lower()


def is_verified(sources: Sources, email: Any) -> bool:
    """Tell whether the first source that says so of this address calls it verified (OpenID Connect Core 5.1).

    Some providers write it as text. What a source says of another address counts for nothing.
    """
    said = (claims[VERIFIED] for claims in sources if VERIFIED in claims and claims.get(STANDARD_EMAIL, email) == email)
    return next(said, None) in (True, "true")


def group_claim(sources: Sources, path: str) -> list[str]:
    """Give the values of the group claim.

    Of a list its texts, of an object its names but for those that are false, of a text itself and its parts between
    commas.
    """
    found = first_claim(sources, path) if path else None
    if isinstance(found, str):
        return [found, *(part.strip() for part in found.split(","))]
    if isinstance(found, Mapping):
        return [name for name, value in found.items() if value not in (False, None)]
    return [value for value in found if isinstance(value, str)] if isinstance(found, list) else []


def leaves_groups_out(sources: Sources, path: str) -> bool:
    """Tell whether a provider left the groups out and says where they are to be had (Core 5.6.2), which Weir does not.

    It does so with people who are in very many.
    """
    if not path or first_claim(sources, path) is not None:
        return False
    elsewhere = [
        name for claims in sources if isinstance(named := claims.get("_claim_names"), Mapping) for name in named
    ]
    return any(f"{path}.".startswith(f"{name}.") for name in elsewhere) or any(
        claims.get("hasgroups") in (True, "true") for claims in sources
    )


def name_claim(sources: Sources) -> str:
    """Give the name to show; empty when the provider tells none."""
    whole = first_claim(sources, "name")
    parts = (first_claim(sources, "given_name"), first_claim(sources, "family_name"))
    return whole if isinstance(whole, str) else " ".join(part for part in parts if isinstance(part, str))
