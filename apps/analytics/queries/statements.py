"""One SQL statement of the analytics: its placeholders, what it stands on, how long it may take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError, connection, transaction

from apps.core.errors import Refused

from . import sources
from .raw import PATIENCE
from .selections import Selection

#: Types that PostgreSQL does not guess from a literal.
CASTS: Mapping[type, str] = {datetime: "::timestamptz", UUID: "::uuid"}


class TooSlow(Refused):
    """Single requests had to be read, and they were too many."""

    message = "Too many requests in this range for this combination of filters; choose a shorter range or fewer filters"


class Statement:
    """A statement while it is written: ``bind`` values and ``rows`` of selections, then ``fetch``.

    A ``slow`` one reads single requests.
    """

    def __init__(self, *, slow: bool = False) -> None:
        self._params: dict[str, Any] = {}
        self._slow = slow

    def bind(self, value: Any) -> str:
        """The placeholder of a value."""
        name = f"p{len(self._params)}"
        self._params[name] = value
        return f"%({name})s{CASTS.get(type(value), '')}"

    def rows(self, selection: Selection, edges: Sequence[datetime]) -> str:
        """A subquery of the rows that answer a selection, between the first edge and the last."""
        self._slow |= selection.filters is not None
        return sources.rows(selection, edges, self.bind)

    def fetch(self, sql: str, *expressions: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, which may use the named table expressions.

        Raises:
            TooSlow: single requests had to be read and that took too long.
        """
        if "FROM organisations" in sql or any("FROM organisations" in text for text in expressions):
            expressions = (sources.ORGANISATIONS, *expressions)
        with_ = f"WITH {', '.join(expressions)} " if expressions else ""
        with _patience() if self._slow else nullcontext(), connection.cursor() as cursor:
            cursor.execute(with_ + sql, self._params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


@contextmanager
def _patience() -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}s'")
            yield
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise TooSlow from error
        raise
