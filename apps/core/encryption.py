"""Sealing: secrets that Weir must read again are stored encrypted, with a key that the database does not hold.

Fernet (AES-128-CBC and HMAC-SHA256) with keys derived from ``SECRET_KEY``. What was sealed under a key that
has moved to ``SECRET_KEY_FALLBACKS`` can still be read; it is sealed anew when it is written next.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"weir.core.sealing"


class Unreadable(Exception):
    """A sealed text was sealed under a key that is gone, too long ago, or was changed by somebody."""


def seal(text: str) -> str:
    """Encrypt a text under the current key; twice the same text gives two different results."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str, lifetime: int | None = None) -> str:
    """Give the text that was sealed, at most ``lifetime`` seconds ago. Raises ``Unreadable``."""
    try:
        return _box().decrypt(sealed.encode(), lifetime).decode()
    except InvalidToken as error:
        raise Unreadable("This was not sealed with SECRET_KEY or one of SECRET_KEY_FALLBACKS") from error


def seal_object(content: Mapping[str, Any]) -> str:
    """Encrypt what JSON can hold, as ``seal`` does a text."""
    return seal(json.dumps(dict(content)))


def unseal_object(sealed: str, lifetime: int | None = None) -> dict[str, Any]:
    """Give what ``seal_object`` sealed, at most ``lifetime`` seconds ago. Raises ``Unreadable``."""
    try:
        found = json.loads(unseal(sealed, lifetime))
    except ValueError as error:
        raise Unreadable("A text was sealed here, and no object") from error
    if not isinstance(found, dict):
        raise Unreadable("A value was sealed here, and no object")
    return found


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    """Derive a key of 256 bits for this purpose only, so that a seal is no signature and a signature no seal."""
    material = secret if isinstance(secret, bytes) else secret.encode()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(material)
    return base64.urlsafe_b64encode(derived)
