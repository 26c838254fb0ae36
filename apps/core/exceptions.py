"""What business code raises when it says no; ``apps.core.envelope`` turns it into an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

#: A documented answer: HTTP status and text.
Refusal = tuple[int, str]

MALFORMED = "Request body malformed"


class ApplicationError(Exception):
    """A request that cannot be done, with the documented text and HTTP status.

    A refusal that code tells apart is a subclass with its own ``status`` and ``message``.
    """

    status = 400
    message = "Request refused"

    def __init__(self, message: str | None = None, status: int | None = None) -> None:
        self.message = message or self.message
        self.status = status or self.status
        super().__init__(self.message)

    @classmethod
    def documented(cls, refusal: Refusal) -> Self:
        """Give the exception that is answered with a documented status and text."""
        status, message = refusal
        return cls(message, status)

    @property
    def in_words(self) -> str:
        """The text as pages say it: without what every denial of the REST endpoints begins with."""
        return self.message.removeprefix("access denied: ")


class AlreadyExists(ApplicationError):
    """Something else has what only one may have, such as a name, even if it was made at the same moment."""

    status = 409
    message = "Already exists"


@contextmanager
def conflicts_told(noun: str = "") -> Iterator[None]:
    """Raise ``AlreadyExists`` ("Webhook already exists") where PostgreSQL finds that something is not unique."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise AlreadyExists(f"{noun[:1].upper()}{noun[1:]} already exists" if noun else None) from error
        raise
