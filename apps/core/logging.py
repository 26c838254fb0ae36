"""What every log line of a request has in common: its id."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def describe_request(request: Any) -> str:
    """Give method and route of a request for a log line: keys stand in paths, and Django's own line has the rest."""
    return f"{request.method} {request.resolver_match.route if request.resolver_match else ''}".strip()


class RequestIdFilter(logging.Filter):
    """Puts the id of the current request on a log record as ``request_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; never drop the record."""
        record.request_id = request_id.get()
        return True
