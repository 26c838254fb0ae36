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

from apps.audit.context import on_rollback
from apps.audit.services import record_event
from apps.core.encryption import DecryptionError, decrypt_object, encrypt_object
from apps.core.exceptions import ApplicationError
from apps.core.redis import own_redis
from apps.sso.identities import ExternalIdentity
from apps.sso.login_errors import AWAY, LINK, PORTAL, LoginRefused

LIFETIME = 60  # seconds
DASHBOARD = "dashboard"
DEVELOPER_PORTAL = "portal"
SECTIONS = (DASHBOARD, DEVELOPER_PORTAL)


class NotSaved(ApplicationError):
    """Redis did not take the nonce. Status and wording are the documented ones."""

    status = 403
    message = "Failed to save new SSO object to DB"


def issue_nonce(*, identity: ExternalIdentity, section: str) -> str:
    """Make a nonce for a person, for one of ``SECTIONS``, and give it. Raises ``NotSaved``.

    It is the base64 of a random UUID with dashes, which existing brokers put into a URL as it is. The answer depends on
    Redis, so it is written before the commit, and taken away again if the request is rolled back.
    """
    nonce = base64.b64encode(str(uuid.uuid4()).encode()).decode()
    kept = encrypt_object({"key": _key(nonce), "section": section, "arrival": asdict(identity)})
    try:
        own_redis().set(_key(nonce), kept, ex=LIFETIME)
    except RedisError as error:
        raise NotSaved from error
    on_rollback(lambda: own_redis().delete(_key(nonce)))
    _record_nonce(identity, section)
    return nonce


def redeem(nonce: str) -> ExternalIdentity:
    """Give the person that a nonce of the dashboard stands for, once. Raises ``LoginRefused``."""
    try:
        kept: Any = own_redis().getdel(_key(nonce))
    except RedisError as error:
        raise LoginRefused(AWAY) from error
    try:
        known = decrypt_object((kept or b"").decode(errors="replace"), LIFETIME)
    except DecryptionError as error:
        raise LoginRefused(LINK) from error
    if known.get("key") != _key(nonce):
        raise LoginRefused(LINK)
    if known["section"] != DASHBOARD:
        raise LoginRefused(PORTAL)
    return ExternalIdentity(**{**known["arrival"], "groups": tuple(known["arrival"]["groups"])})


def _record_nonce(identity: ExternalIdentity, section: str) -> None:
    after = {
        "email": identity.shown_email,
        "name": identity.name,
        "section": section,
        "groups": list(identity.groups),
        "only_registered": identity.only_registered,
        "not_allowed": identity.is_refused,
    }
    record_event(
        action="Create SSO Nonce",
        kind="single sign-on",
        id=identity.shown_email,
        organisation=identity.organisation,
        after=after,
    )


def _key(nonce: str) -> str:
    return f"weir-sso-{hashlib.sha256(nonce.encode(errors='replace')).hexdigest()}"
