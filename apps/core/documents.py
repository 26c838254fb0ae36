"""JSON documents that are kept as they came: with their members in order, which PostgreSQL's own type forgets."""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class DocumentField(models.TextField[Any, Any]):
    """A JSON document, stored as text. It is read whole and never searched; what is searched has columns of its own."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Read what is stored."""
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Write it."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def to_python(self, value: Any) -> Any:
        """Leave a document as it is: a text is one, too."""
        return value

    def value_to_string(self, obj: Any) -> str:
        """Write it for Django's serializers."""
        return self.get_prep_value(self.value_from_object(obj)) or "null"
