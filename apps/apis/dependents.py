"""What hangs on APIs in apps above this one, which register themselves: what they do when an API changes or goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from apps.apis.models import Api


class Dependents(Protocol):
    """What an app says of its rows that name APIs by their public ids. All of it is part of the API's change."""

    def check_api(self, api: Api) -> None:
        """Refuse an API, as it is to be written, that does not go with the rows. Raises ``ApplicationError``."""

    def api_deleted(self, api: Api) -> None:
        """Take an API that is being deleted out of the rows."""


_registered: list[Dependents] = []


def register_dependents(dependents: Dependents) -> None:
    """Say that rows of an app hang on APIs; the app does so when it is ready."""
    _registered.append(dependents)


def dependents() -> Iterator[Dependents]:
    """Give everybody who is to be asked."""
    yield from _registered
