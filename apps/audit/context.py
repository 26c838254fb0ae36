"""The audit context of the current request: the events that services record while it runs, for its one record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import transaction

from apps.audit.actors import Actor
from apps.audit.diff import Diff
from apps.audit.transactions import is_asking


@dataclass(eq=False)
class Event:
    """One thing that was done. It is kept if the transaction or savepoint that it was recorded in is."""

    action: str
    kind: str
    id: str
    organisation: str | None
    diff: Diff
    committed: bool = False

    @property
    def subject(self) -> str:
        """What it was done to: ``kind/id``."""
        return f"{self.kind}/{self.id}".strip("/")

    @property
    def is_kept(self) -> bool:
        """Whether what it tells has not been rolled back.

        Django forgets what was to happen on commit when it rolls a savepoint back, and so tells us which
        events are of changes that are undone while the request goes on.
        """
        return self.committed or any(hook[1] == self.commit for hook in transaction.get_connection().run_on_commit)

    def commit(self) -> None:
        """Keep the event: what it tells is in the database."""
        self.committed = True


@dataclass
class AuditContext:
    """What is known of the current request before it is answered."""

    events: list[Event] = field(default_factory=list)
    actor_before: Actor | None = None  # who came to a page

    def add(self, event: Event) -> None:
        """Keep an event until what it tells is rolled back."""
        if is_asking():
            raise RuntimeError("A view that asks first calls begin_transaction() before anything is written")
        self.events.append(event)
        transaction.on_commit(event.commit)

    @property
    def action(self) -> str:
        """What was done, or tried, first."""
        return next((event.action for event in self.events if event.action), "")

    @property
    def organisation(self) -> str:
        """The organisation that an event named first."""
        return next((event.organisation for event in self.events if event.organisation), "")

    def kept_events(self) -> list[Event]:
        """The events that were not rolled back."""
        return [event for event in self.events if event.is_kept]


def merged_diffs(events: Sequence[Event]) -> dict[str, Diff]:
    """Put the diffs of some events together: per subject, the first old value and the last new one."""
    subjects: dict[str, Diff] = {}
    for event in events:
        fields = subjects.setdefault(event.subject, {})
        for name, (old, new) in event.diff.items():
            fields[name] = [fields[name][0] if name in fields else old, new]
    return {subject: fields for subject, fields in subjects.items() if fields}


_current: ContextVar[AuditContext | None] = ContextVar("audit_context", default=None)


def current_context() -> AuditContext | None:
    """Give the context of the request that runs, ``None`` outside of requests."""
    return _current.get()


@contextmanager
def audit_context() -> Iterator[AuditContext]:
    """Be inside a request: events go to its context."""
    context = AuditContext()
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
