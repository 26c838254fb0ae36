"""Kinds of members that users and groups have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.serializers import TextField

LONGEST_NAME = 255
MOST_PERMISSIONS = 500
MOST_DAYS = 36_500  # a hundred years; dates end
ZERO_TIME = "0001-01-01T00:00:00Z"  # what programs written in Go read as "never"


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


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[Any, Any, str, Any]):
    """A time in UTC as RFC 3339, or Go's zero time. Read only."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"read_only": True, **given})

    def get_attribute(self, instance: Any) -> Any:
        """Let ``None`` through, which Django REST framework would write as ``null``."""
        return (super().get_attribute(instance),)

    def to_representation(self, value: tuple[datetime | None]) -> str:
        """Write the time."""
        (moment,) = value
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ZERO_TIME


class WithoutNulls(serializers.Serializer[Any]):
    """Takes ``null`` for a member that is left out, as the programs written in Go mean it."""

    def to_internal_value(self, data: Any) -> Any:
        """Leave them out."""
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)
