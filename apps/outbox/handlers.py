"""Who delivers what: a registry by kind, filled in the ``AppConfig.ready()`` of the apps that deliver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Attempts until a delivery is dead: with the pauses of ``apps.outbox.pauses``, what fails for almost a day.
MAX_ATTEMPTS = 32


class UnknownKind(LookupError):
    """Nobody has registered a handler of this kind: a newer Weir wrote it, or a name is misspelt."""


@dataclass(frozen=True)
class Handler:
    """Delivers one kind. ``deliver`` is given the payload; whatever it raises is a failed attempt.

    It is called again after a failure, and now and then although it went well: when a worker is killed before it
    could say so. Outside of transactions, so it may take its time, up to ``apps.outbox.services.TIME_LIMIT``.
    """

    deliver: Callable[[dict[str, Any]], None]
    max_attempts: int = MAX_ATTEMPTS


_handlers: dict[str, Handler] = {}


def register(kind: str, deliver: Callable[[dict[str, Any]], None], *, max_attempts: int = MAX_ATTEMPTS) -> None:
    """Have a kind delivered by a function."""
    _handlers[kind] = Handler(deliver, max_attempts)


def handler_of(kind: str) -> Handler:
    """Give the handler of a kind. Raises ``UnknownKind``."""
    try:
        return _handlers[kind]
    except KeyError as error:
        raise UnknownKind(f"No handler is registered for {kind!r}") from error


def kinds() -> set[str]:
    """Give every kind that has a handler."""
    return set(_handlers)
