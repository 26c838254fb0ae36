"""Kinds of members that bodies of several apps have."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class TextField(serializers.CharField):
    """A text, and nothing made into one; may be left out and empty unless said otherwise."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_blank": True, "required": False, **given})

    def to_internal_value(self, data: Any) -> str:
        """Take texts only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
