"""Encryption: secrets that Weir must read again are stored encrypted, with a key that the database does not hold.

Fernet (AES-128-CBC and HMAC-SHA256) with keys derived from ``SECRET_KEY``. What was encrypted under a key that
has moved to ``SECRET_KEY_FALLBACKS`` can still be read; it is encrypted anew when it is written next.
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

PURPOSE = b"weir.core.sealing"  # never to change: what is stored was encrypted with it


class DecryptionError(Exception):
    """An encrypted text was encrypted under a key that is gone, too long ago, or was changed by somebody."""


def encrypt(text: str) -> str:
    """Encrypt a text under the current key; twice the same text gives two different results."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(encrypted: str, lifetime: int | None = None) -> str:
    """Give the text that was encrypted, at most ``lifetime`` seconds ago. Raises ``DecryptionError``."""
    try:
        return _fernet().decrypt(encrypted.encode(), lifetime).decode()
    except InvalidToken as error:
        raise DecryptionError("This was not encrypted with SECRET_KEY or one of SECRET_KEY_FALLBACKS") from error


def encrypt_object(content: Mapping[str, Any]) -> str:
    """Encrypt what JSON can hold, as ``encrypt`` does a text."""
    return encrypt(json.dumps(dict(content)))


def decrypt_object(encrypted: str, lifetime: int | None = None) -> dict[str, Any]:
    """Give what ``encrypt_object`` encrypted, at most ``lifetime`` seconds ago. Raises ``DecryptionError``."""
    try:
        found = json.loads(decrypt(encrypted, lifetime))
    except ValueError as error:
        raise DecryptionError("This holds a text, and no object") from error
    if not isinstance(found, dict):
        raise DecryptionError("This holds a value, and no object")
    return found


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    """Derive a key of 256 bits for this purpose only, so that nothing encrypted passes for a signature."""
    material = secret if isinstance(secret, bytes) else secret.encode()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(material)
    return base64.urlsafe_b64encode(derived)
