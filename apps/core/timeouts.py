"""How long a statement may take before whoever asked is told to ask for less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction

from apps.core.exceptions import ApplicationError

#: Seconds that a search may take: rows are read until a page is full.
SEARCH_TIMEOUT = 5


class QueryTimeout(ApplicationError):
    """Too much had to be read."""

    message = "This would take too long to count; choose a shorter range or fewer filters"


@contextmanager
def statement_timeout(seconds: float, settings: Mapping[str, str] | None = None) -> Iterator[None]:
    """Give each statement so many seconds, in a transaction; ``settings`` are further ones of PostgreSQL for it.

    Raises:
        QueryTimeout: a statement took longer.
    """
    wanted = {**(settings or {}), "statement_timeout": f"{seconds}s"}
    chosen = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in wanted.items())
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {chosen}")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise QueryTimeout from error
        raise
