"""Signatures: HMAC-SHA256 with a secret that the database does not hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac


def canonical_json(content: Mapping[str, Any]) -> str:
    """Write content so that equal content gives equal text: JSON in ASCII, names sorted, times in UTC."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_written)


def sign(purpose: str, *texts: str) -> str:
    """Give the signature of some texts, 64 hex characters; one for one purpose is none for another."""
    message = json.dumps(texts)  # no two lists of texts are written alike
    return salted_hmac(f"weir.audit.{purpose}", message, secret=settings.AUDIT_SECRET, algorithm="sha256").hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} has no canonical text")
