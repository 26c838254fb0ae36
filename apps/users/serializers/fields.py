"""Kinds of members that users and groups have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.core.serializers import TextField

LONGEST_NAME = 255
MOST_PERMISSIONS = 500
MOST_DAYS = 36_500  # a hundred years; dates end


class DaysField(serializers.IntegerField):
    """A number of days; 0 says nothing."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_DAYS, "required": False, **given})


class PermissionMapField(serializers.DictField):
    """Permission name → level, both texts; which there are is the business of services."""

    def __init__(self, **given: Any) -> None:
        child = TextField(max_length=LONGEST_NAME)
        super().__init__(**{"child": child, "required": False, **given})

    def to_internal_value(self, data: Any) -> Any:
        """Look at the names too, for the database takes no NUL."""
        name = TextField(max_length=LONGEST_NAME, allow_blank=False)
        if isinstance(data, Mapping):
            if len(data) > MOST_PERMISSIONS:
                raise serializers.ValidationError(f"There are more than {MOST_PERMISSIONS} permissions")
            data = {name.run_validation(key): level for key, level in data.items()}
        return super().to_internal_value(data)
