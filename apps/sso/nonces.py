"""Nonces: a broker vouches for a person, and the person's browser brings the nonce to ``/tap``.

A nonce is single use and lasts 60 seconds. Redis keeps what it stands for under a digest of it, so that who
reads Redis cannot use it, and encrypted together with that digest, so that who writes to Redis, as every gateway may,
cannot say who somebody is. Taking it is one command, so of any number of browsers one gets it.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import asdict
from typing import Any

from redis import RedisError

from apps.core.encryption import DecryptionError, decrypt_object, encrypt_object
from apps.core.exceptions import ApplicationError
from apps.core.redis import own_redis
from apps.sso.arrivals import Arrival, NotAdmitted
from apps.sso.wording import AWAY, LINK, PORTAL

LIFETIME = 60  # seconds
DASHBOARD = "dashboard"
DEVELOPER_PORTAL = "portal"
SECTIONS = (DASHBOARD, DEVELOPER_PORTAL)


class NotSaved(ApplicationError):
    """Redis did not take the nonce. Status and wording are the documented ones."""

    status = 403
    message = "Failed to save new SSO object to DB"


def issue(arrival: Arrival, section: str) -> str:
    """Make a nonce for a person, for one of ``SECTIONS``. Raises ``NotSaved``.

    It is the base64 of a random UUID with dashes, which existing brokers put into an address as it is.
    """
    nonce = base64.b64encode(str(uuid.uuid4()).encode()).decode()
    kept = encrypt_object({"key": _key(nonce), "section": section, "arrival": asdict(arrival)})
    try:
        own_redis().set(_key(nonce), kept, ex=LIFETIME)
    except RedisError as error:
        raise NotSaved from error
    return nonce


def redeem(nonce: str) -> Arrival:
    """Give the person that a nonce of the dashboard stands for, once. Raises ``NotAdmitted``."""
    try:
        kept: Any = own_redis().getdel(_key(nonce))
    except RedisError as error:
        raise NotAdmitted(AWAY) from error
    try:
        known = decrypt_object((kept or b"").decode(errors="replace"), LIFETIME)
    except DecryptionError as error:
        raise NotAdmitted(LINK) from error
    if known.get("key") != _key(nonce):
        raise NotAdmitted(LINK)
    if known["section"] != DASHBOARD:
        raise NotAdmitted(PORTAL)
    return Arrival(**{**known["arrival"], "groups": tuple(known["arrival"]["groups"])})


def _key(nonce: str) -> str:
    return f"weir-sso-{hashlib.sha256(nonce.encode(errors='replace')).hexdigest()}"
