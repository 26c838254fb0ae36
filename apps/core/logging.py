"""What every log line has in common: it is one line, with the id of its request."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.http.multipartparser import MultiPartParserError

from apps.core.escaping import escape_controls

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """Give the id of the current request; "" outside of requests."""
    current = request_id.get()
    return "" if current == "-" else current


def describe_request(request: Any) -> str:
    """Give method and route of a request for a log line: keys stand in paths, and Django's own line has the rest."""
    return f"{request.method} {request.resolver_match.route if request.resolver_match else ''}".strip()


class RequestIdFilter(logging.Filter):
    """Puts the id of the current request on a log record as ``request_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; never drop the record."""
        record.request_id = request_id.get()
        return True


class RefusalFilter(logging.Filter):
    """Takes the traceback away where somebody was refused: the line says what was asked and why it was not done.

    Django tells as an error, with its own code below it, what any stranger can set off: a wrong host, a broken form.
    """

    REFUSALS = (PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError, Http404)

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave the line, with the reason in it; never drop the record."""
        refusal = record.exc_info[1] if record.exc_info else None
        if isinstance(refusal, self.REFUSALS):
            said, reason = record.getMessage(), str(refusal)
            record.msg, record.args = said if reason in said else f"{said}: {reason}", ()
            record.exc_info = record.exc_text = None
            if record.levelno == logging.ERROR:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class OneLineFormatter(logging.Formatter):
    """Writes one line of printable text, so that nobody can forge a line or play with a terminal by what they send.

    The lines of a traceback are indented: none of them begins as a log line does.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        """Write the line."""
        return escape_controls(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's name)
        """Write a traceback below it."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  (logging's name)
        """Write a stack below it."""
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {escape_controls(line)}" for line in text.split("\n"))
