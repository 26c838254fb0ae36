"""Log lines about requests, without the keys that stand in their paths."""

from __future__ import annotations

import logging

from django.http import HttpRequest

from apps.audit.addresses import recorded_url


class PathFilter(logging.Filter):
    """Writes the path that Django's loggers tell as the audit log writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Conceal what is secret in the path; never drop the record."""
        request = getattr(record, "request", None)
        if isinstance(record.args, tuple) and isinstance(request, HttpRequest):
            told = request.path.encode("unicode_escape").decode("ascii")  # as Django has it in its arguments
            shown = recorded_url(request).partition("?")[0]
            record.args = tuple(shown if argument == told else argument for argument in record.args)
        return True
