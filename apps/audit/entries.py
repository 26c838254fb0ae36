"""The entry of the current request: what services note while it runs, put into one record at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import transaction

from apps.audit.changes import Diff


@dataclass(eq=False)
class Note:
    """One thing that was done. It holds for as long as the transaction or savepoint it was made in."""

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
    def holds(self) -> bool:
        """Whether what it tells has not been rolled back.

        Django forgets what was to happen on commit when it rolls a savepoint back, and so tells us which
        notes are of changes that are undone while the request goes on.
        """
        return self.committed or any(entry[1] == self.commit for entry in transaction.get_connection().run_on_commit)

    def commit(self) -> None:
        """Keep the note: what it tells is in the database."""
        self.committed = True


@dataclass
class Entry:
    """What is known of the current request before it is answered."""

    notes: list[Note] = field(default_factory=list)
    came: tuple[str, str] | None = None  # e-mail address and organisation of who came to a page

    def add(self, note: Note) -> None:
        """Keep a note until what it tells is rolled back."""
        self.notes.append(note)
        transaction.on_commit(note.commit)

    @property
    def action(self) -> str:
        """What was done, or tried, first."""
        return next((note.action for note in self.notes if note.action), "")

    @property
    def organisation(self) -> str:
        """The organisation that a note named first."""
        return next((note.organisation for note in self.notes if note.organisation), "")

    def held(self) -> list[Note]:
        """The notes of what was not rolled back."""
        return [note for note in self.notes if note.holds]


def merged(notes: Sequence[Note]) -> dict[str, Diff]:
    """Put the diffs of some notes together: per subject, the first old value and the last new one."""
    subjects: dict[str, Diff] = {}
    for note in notes:
        fields = subjects.setdefault(note.subject, {})
        for name, (old, new) in note.diff.items():
            fields[name] = [fields[name][0] if name in fields else old, new]
    return {subject: fields for subject, fields in subjects.items() if fields}


_current: ContextVar[Entry | None] = ContextVar("audit_entry", default=None)


def current() -> Entry | None:
    """Give the entry of the request that runs, ``None`` outside of requests."""
    return _current.get()


@contextmanager
def begun() -> Iterator[Entry]:
    """Be inside a request: notes go to its entry."""
    entry = Entry()
    token = _current.set(entry)
    try:
        yield entry
    finally:
        _current.reset(token)
