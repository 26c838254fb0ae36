"""Fields and bodies that are read strictly: nothing is made into something else, and ``null`` is nothing.

What clients written in Go send and read back must come back as it was; ``null`` is a member that is left out to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.exceptions import ApplicationError, Refusal
from apps.core.json_values import whole
from apps.core.tenancy import Caller, TenantQuerySet

ZERO_TIME = "0001-01-01T00:00:00Z"  # what programs written in Go read as "never"


class TextField(serializers.CharField):
    """A text as it came, and nothing made into one; may be left out and empty unless said otherwise."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"allow_blank": True, "required": False, "trim_whitespace": False, **given})

    def to_internal_value(self, data: Any) -> str:
        """Take texts only; blanks alone are none, where there must be one."""
        if not isinstance(data, str):
            self.fail("invalid")
        if not (self.allow_blank or data.strip()):
            self.fail("blank")
        return super().to_internal_value(data)


class TextListField(serializers.ListField):
    """A list of texts that are not empty; may be left out."""

    default_error_messages = {"not_a_list": "Expected an array."}

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"child": TextField(allow_blank=False), "required": False, **given})


class ObjectField(serializers.DictField):
    """A JSON object; may be left out unless said otherwise."""

    default_error_messages = {"not_a_dict": "Expected an object."}

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"required": False, **given})


class RelatedIdField(TextField):
    """The id of a row of the same organisation that the caller may see; "" is none.

    ``model_fields`` gives the row. One that is hidden is answered with ``refusal`` like one that is not there.
    """

    def __init__(self, rows: TenantQuerySet[Any], refusal: Refusal, **given: Any) -> None:
        self.rows, self.refusal = rows, refusal
        super().__init__(**{"max_length": 24, **given})

    def resolve(self, sent: str, organisation: Any, actor: Caller | None) -> Any:
        """Give the row, ``None`` for "". Raises ``ApplicationError`` with the refusal."""
        rows = self.rows.all() if actor is None else self.rows.visible_to(actor)
        found = rows.filter(organisation=organisation, pk=sent).first() if sent else None
        if sent and found is None:
            raise ApplicationError.documented(self.refusal)
        return found


class StrictBooleanField(serializers.BooleanField):
    """True or false, and no other word for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Take booleans only."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A whole number, however it is written (``1e3`` is 1000), and no text of one."""

    def to_internal_value(self, data: Any) -> int:
        """Take whole numbers only."""
        read = whole(data)
        if isinstance(read, bool) or not isinstance(read, int):
            self.fail("invalid")
        return read


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
    """The body of a write, read as programs in Go read theirs (encoding/json).

    ``null`` is the same as a member that is left out, a member may be written in another case, and of one that comes
    twice the last counts.

    ``required_when_new`` are the members without which nothing is made; a change may leave them out. Fields that name
    other rows have ``resolve``, which gives these for a row of an organisation and who writes it: the ``actor`` of the
    context, ``None`` for Weir itself and the holder of the admin secret.
    """

    required_when_new: ClassVar[Sequence[str]] = ()
    default_error_messages = {"invalid": "Expected an object."}

    @classmethod
    def when_new(cls) -> type[InputSerializer]:
        """Give the shape of what is new: the same, with what must be said."""
        if not cls.required_when_new:
            return cls
        described = {"__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(f"New{cls.__name__}", (_RequiresWhenNew, cls), described)

    def to_internal_value(self, data: Any) -> Any:
        """Leave nulls out, and write names as they are declared."""
        if isinstance(data, Mapping):
            data = {self.declared_name(name): value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)

    def declared_name(self, name: str) -> str:
        """Give the declared member that a name means, whatever its case; one that nobody declared as it is."""
        declared = {str(known).lower(): str(known) for known in self.fields}
        return name if name in self.fields else declared.get(name.lower(), name)

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give what a valid body says of a row of this organisation, by the names of the model's fields.

        ``org_id`` is no such field: it says for whom a super user makes something.
        """
        given = {name: value for name, value in self.validated_data.items() if name != "org_id"}
        for field in self.fields.values():
            if hasattr(field, "resolve") and field.source in given:
                given[field.source] = field.resolve(given[field.source], organisation, self.context.get("actor"))
        return given


class _RequiresWhenNew(InputSerializer):
    def get_fields(self) -> dict[str, Any]:
        """Give the fields, those required that must be said."""
        fields: dict[str, Any] = super().get_fields()
        for name in self.required_when_new:
            fields[name].required = True
        return fields
