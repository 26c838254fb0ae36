"""Fields and bodies that are read strictly: nothing is made into something else, and ``null`` is nothing.

What clients written in Go send and read back must come back as it was; ``null`` is a member that is left out to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

ZERO_TIME = "0001-01-01T00:00:00Z"  # what programs written in Go read as "never"


class TextField(serializers.CharField):
    """A text, and nothing made into one; may be left out and empty unless said otherwise."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_blank": True, "required": False, **given})

    def to_internal_value(self, data: Any) -> str:
        """Take texts only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """True or false, and no other word for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Take booleans only."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A whole number, and no text of one."""

    def to_internal_value(self, data: Any) -> int:
        """Take whole numbers only."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.DATETIME)
class GoTimeField(serializers.Field[Any, Any, str, Any]):
    """A time in UTC as RFC 3339, or Go's zero time for none. Read only."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"read_only": True, **given})

    def get_attribute(self, instance: Any) -> Any:
        """Let ``None`` through, which Django REST framework would write as ``null``."""
        return (super().get_attribute(instance),)

    def to_representation(self, value: tuple[datetime | None]) -> str:
        """Write the time."""
        (time,) = value
        return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else ZERO_TIME


class InputSerializer(serializers.Serializer[Any]):
    """The body of a write. ``null`` is the same as a member that is left out."""

    def to_internal_value(self, data: Any) -> Any:
        """Leave nulls out."""
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give what a valid body says of a row of this organisation, by the names of the model's fields.

        ``org_id`` is no such field: it says for whom a super user makes something.
        """
        return {name: value for name, value in self.validated_data.items() if name != "org_id"}
