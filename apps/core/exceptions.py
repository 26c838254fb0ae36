"""What business code raises when it says no; ``apps.core.envelope`` turns it into an answer."""

from __future__ import annotations

from typing import Self

#: A documented answer: HTTP status and text.
Refusal = tuple[int, str]


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
