"""How values lie in the cache."""

from __future__ import annotations

import json
from typing import Any


class JSONSerializer:
    """Writes what is cached as JSON, for Django's own pickle runs whatever somebody else puts into Redis."""

    def dumps(self, value: Any) -> str:
        """Write a value that JSON can hold; numbers as Redis counts them."""
        return json.dumps(value)

    def loads(self, data: bytes) -> Any:
        """Read a value; what is no JSON was never cached."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None
