"""What a row must still be like for a write to happen: ``If-Match`` over REST, a hidden field in forms.

A model that has revisions keeps what is expected of a row, and its services refuse when the stored row, which they
have locked by then, is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from django.utils.http import parse_etags
from rest_framework.request import Request

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import Caller

ANY = "*"


class ChangedMeanwhile(ApplicationError):
    """The row is not any more what the caller says. ``differences`` are lines for people: what became of it since."""

    status = 412

    def __init__(self, message: str, differences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.differences = differences


@runtime_checkable
class Revised(Protocol):
    """A row with revisions."""

    @property
    def etag(self) -> str:
        """The revision as HTTP has it: a text in double quotes."""

    def expect(self, etags: Iterable[str]) -> None:
        """Let the next service that writes the row refuse unless the stored one has one of these tags, or ``*``."""

    def changed_since(self, etag: str, actor: Caller | None) -> ChangedMeanwhile | None:
        """Tell somebody what became of the row since it had a tag; ``None`` when it has it still."""


def expect_revision(row: Any, begun: str = "") -> None:
    """Hold a write to the version that a page was begun with, or to the one that is at hand, if the row has any."""
    if isinstance(row, Revised):
        row.expect([begun or row.etag])


def expect_match(request: Request, row: Any) -> None:
    """Hold the write of a row to the request's ``If-Match``, if there is one and the row has revisions.

    Proxies that compress answers call tags weak, which are taken like others. Raises ``ChangedMeanwhile`` when there is
    no tag in it.
    """
    given = request.headers.get("If-Match")
    if given is None or not isinstance(row, Revised):
        return
    tags = [tag.removeprefix("W/") for tag in parse_etags(given)]
    if not tags:
        raise ChangedMeanwhile(f"If-Match must hold ETags in double quotes, such as {row.etag}")
    row.expect(tags)
