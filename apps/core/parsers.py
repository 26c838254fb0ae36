"""How REST bodies are read: as JSON, whatever they say they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 100  # objects and lists inside each other


class AnyTypeJSONParser(JSONParser):
    """Reads JSON whatever the content type says: scripts post it with curl's form default.

    JSON can say what cannot be stored: ``is_storable`` tells. Such a document is malformed, and so is one that is
    nested deeper than Python reads.
    """

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Give the document; raises ``ParseError``."""
        try:
            document = super().parse(stream, media_type, parser_context)
            if not is_storable(document):
                raise ParseError
        except RecursionError as error:
            raise ParseError from error
        return document


def is_storable(value: Any, depth: int = DEEPEST) -> bool:
    """Tell whether what was read from JSON can be stored and shown.

    PostgreSQL takes neither NUL nor half of a surrogate pair nor numbers beyond every float; and what is nested
    deeper than ``depth`` may be read once and never again, for that depends on how deep Python is already.
    """
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value))
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return depth > 0 and all(is_storable(name) and is_storable(inner, depth - 1) for name, inner in value.items())
    return not isinstance(value, list) or (depth > 0 and all(is_storable(inner, depth - 1) for inner in value))
