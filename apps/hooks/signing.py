"""Signatures of what Weir sends, as Standard Webhooks have them (standardwebhooks.com, version 1).

``webhook-signature`` holds one signature for each secret, so that receivers may change from one to the next.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX, VERSION = "whsec_", "v1"
SECRET_BYTES = 24


def new_secret() -> str:
    """Make a secret in the form that receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_headers(message_id: str, timestamp: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Give the headers of a message; ``timestamp`` are Unix seconds of this attempt."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"{VERSION},{_sign(key, signed)}" for key in keys]
    return {**headers, "webhook-signature": " ".join(signatures)} if signatures else headers


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
