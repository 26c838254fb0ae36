"""Identifiers: 24 hex characters inside, 32 hex characters where others see them.

Gateways and existing client libraries decode internal ids as Mongo object ids and refuse any other
length, so every primary key that leaves Weir has that shape.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from typing import Any

from django.core.validators import RegexValidator
from django.db import models

OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def new_object_id() -> str:
    """Make a 24-hex id whose first 8 characters are the Unix second, so that ids sort by age."""
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def new_public_id() -> str:
    """Make a 32-hex id (a random UUID without dashes), for what others name: APIs, policies, keys."""
    return uuid.uuid4().hex


def is_object_id(text: str) -> bool:
    """Tell whether a text is 24 lowercase hex characters."""
    return OBJECT_ID.fullmatch(text) is not None


class ObjectIdField(models.CharField[str, str]):
    """A primary key of 24 lowercase hex characters, made when the row is and kept when it is given."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options = {
            "primary_key": True,
            "default": new_object_id,
            "max_length": 24,
            "editable": False,
            "db_collation": "C",
            "validators": [RegexValidator(OBJECT_ID.pattern + r"\Z", "An id is 24 lowercase hex characters.")],
            **options,
        }
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """Leave the validator out of migrations: it is part of what the field is."""
        name, path, args, options = super().deconstruct()
        options.pop("validators", None)
        return name, path, args, options
