"""Nonces made for people whom a broker vouches for."""

from __future__ import annotations

from apps.audit.services import record_event
from apps.sso import nonces
from apps.sso.arrivals import Arrival


def vouch(*, arrival: Arrival, section: str) -> str:
    """Make a nonce for a person and give it. Raises ``nonces.NotSaved``."""
    nonce = nonces.issue(arrival, section)
    told = {
        "email": arrival.address,
        "name": arrival.name,
        "section": section,
        "groups": list(arrival.groups),
        "only_registered": arrival.only_registered,
        "not_allowed": arrival.is_refused,
    }
    record_event(
        action="Create SSO Nonce",
        kind="single sign-on",
        id=arrival.address,
        organisation=arrival.organisation,
        after=told,
    )
    return nonce
