"""Kinds that only tests deliver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.outbox import handlers, services
from apps.outbox.handlers import Handler
from apps.outbox.models import Delivery

Handle = Callable[..., None]


@dataclass
class Receiver:
    """Takes what is delivered. The ``errors`` are raised first, one for each attempt."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __call__(self, payload: dict[str, Any]) -> None:
        """Take a payload, or fail."""
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(payload)


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Have a kind delivered by a function, for one test."""

    def let(kind: str, deliver: Callable[[dict[str, Any]], Any], **options: int) -> None:
        monkeypatch.setitem(handlers._handlers, kind, Handler(deliver, **options))

    return let


@pytest.fixture
def receiver(handle: Handle) -> Receiver:
    """Whoever gets the deliveries of kind ``test``."""
    made = Receiver()
    handle("test", made)
    return made


@pytest.fixture
def delivery(db: None, receiver: Receiver) -> Delivery:
    """A delivery that is due, with a secret."""
    return services.put("test", {"to": "bob@example.com", "token": "s3cret-token"}, about="Bob")
