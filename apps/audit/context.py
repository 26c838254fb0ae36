"""The current request as the audit log knows it: who comes with which secrets, the transaction of what it writes, and
the events that services record while it runs, for its one record.

The transaction is open from the start, but for a view that has to ask somebody else before it writes, such as an
identity provider. That one declares ``asks_first = True``, asks, and then calls ``begin_transaction()``: whoever it
waits for keeps neither a lock nor a connection in a transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from apps.audit.diff import Diff
from apps.core.authentication import BEARER, AdminCaller

logger = logging.getLogger(__name__)

ADMIN, SYSTEM = "admin", "system"
MIN_LENGTH = 6  # characters; a shorter secret would be found in any text


class Actor(NamedTuple):
    """Who does something, as records have it: an e-mail address, and the id of an organisation ("" for none)."""

    user: str
    organisation: str


def actor_of(request: HttpRequest) -> Actor:
    """Give who asks: ``admin`` for the holder of the admin secret, "" for nobody.

    Ask after the view: a log-in changes who it is, and REST views do the authentication themselves.
    """
    caller: Any = getattr(request, "user", None)  # absent when a request fails before it is asked who comes
    if caller is None or not caller.is_authenticated:
        return Actor("", "")
    if isinstance(caller, AdminCaller):
        return Actor(ADMIN, "")
    return Actor(caller.audit_name, caller.organisation_id or "")


def secrets_of(request: HttpRequest) -> list[str]:
    """Give what must be in no record whatever holds it: Weir's own secrets, and the caller's.

    Only those that were found to be right: otherwise a caller could name a word that is to be hidden.
    """
    return [*own_secrets(), *(secret for secret in _right_secrets(request) if len(secret) >= MIN_LENGTH)]


def own_secrets() -> list[str]:
    """Give Weir's own secrets."""
    own = (settings.ADMIN_SECRET, settings.NODE_SECRET, settings.SECRET_KEY, settings.AUDIT_SECRET)
    return [secret for secret in dict.fromkeys(own) if len(secret) >= MIN_LENGTH]


def _right_secrets(request: HttpRequest) -> Iterator[str]:
    if not actor_of(request).user:
        return
    given = request.headers.get("Authorization", "").strip()
    if given and getattr(request, "auth", None):  # set by the REST view that took the key
        yield given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else given
    session = getattr(request, "session", None)
    if session is not None and session.accessed:  # else the cookie is only what the caller says it is
        yield session.session_key or ""


class Written:
    """Something that lasts if the transaction or savepoint does that was open when it was done.

    Django forgets what was to happen on commit when it rolls a savepoint back, and so tells us what is undone while the
    request goes on.
    """

    committed = False

    @property
    def is_kept(self) -> bool:
        """Whether it has not been rolled back."""
        return self.committed or any(hook[1] == self.commit for hook in transaction.get_connection().run_on_commit)

    def commit(self) -> None:
        """Keep it: the transaction is in the database."""
        self.committed = True


@dataclass(eq=False)
class Effect(Written):
    """Something that was done outside of PostgreSQL, and how it is undone."""

    undo: Callable[[], object]


class RequestTransaction:
    """The transaction, and in it the savepoint of what the view writes. Its end is that of the ``ExitStack``."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._savepoint = stack, ExitStack()
        self.is_open = False
        self.effects: list[Effect] = []

    def begin(self) -> None:
        """Open both."""
        self._stack.enter_context(transaction.atomic())
        self._stack.enter_context(self._savepoint).enter_context(transaction.atomic())
        self.is_open = True

    def end_view(self, *, undo: bool) -> bool:
        """Close the savepoint, and undo what was written in it if asked to or if PostgreSQL refused a part of it.

        Give whether PostgreSQL did. The transaction is open afterwards whatever the view did, for the record.
        """
        if not self.is_open:
            self.begin()
        failed = transaction.get_rollback()
        if undo:
            transaction.set_rollback(True)
        self._savepoint.close()
        return failed


_transaction: ContextVar[RequestTransaction | None] = ContextVar("request_transaction", default=None)


@contextmanager
def request_transaction(*, asks_first: bool) -> Iterator[RequestTransaction]:
    """Be in a request that writes. The transaction is committed at the end, unless there is an exception."""
    with ExitStack() as effects, ExitStack() as stack:
        opened = RequestTransaction(stack)
        effects.callback(_undo_effects, opened)
        token = _transaction.set(opened)
        stack.callback(_transaction.reset, token)
        if not asks_first:
            opened.begin()
        yield opened


def on_rollback(undo: Callable[[], object]) -> None:
    """Have something that was just done outside of PostgreSQL undone if what the request writes here is rolled back.

    ``undo`` is called after the rollback, and may fail: what it leaves must be harmless. Outside of requests it is not
    called.
    """
    if opened := _transaction.get():
        effect = Effect(undo)
        opened.effects.append(effect)
        transaction.on_commit(effect.commit)


def _undo_effects(opened: RequestTransaction) -> None:
    for effect in opened.effects:
        if not effect.is_kept:
            try:
                effect.undo()
            except Exception:
                logger.exception("What was rolled back could not be undone outside of PostgreSQL")


def begin_transaction() -> None:
    """Begin to write, in a view that asked first: nobody else is asked from here on.

    Raises:
        RuntimeError: the view declares no ``asks_first``, or has begun already.
    """
    if not is_asking():
        raise RuntimeError("Only a view with asks_first = True begins its transaction, and once")
    if opened := _transaction.get():
        opened.begin()


def is_asking() -> bool:
    """Tell whether the request that runs still asks others, and must not write yet."""
    opened = _transaction.get()
    return opened is not None and not opened.is_open


@dataclass(eq=False)
class Event(Written):
    """One thing that was done."""

    action: str
    kind: str
    id: str
    organisation: str | None
    diff: Diff
    apis: frozenset[str] | None = None  # public ids of those that it is about

    @property
    def subject(self) -> str:
        """What it was done to: ``kind/id``."""
        return f"{self.kind}/{self.id}".strip("/")


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


def merged_apis(events: Sequence[Event]) -> list[str] | None:
    """Give the APIs that some events are about; ``None`` when none of them is about any."""
    known = [event.apis for event in events if event.apis is not None]
    return sorted(frozenset().union(*known)) if known else None


_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def request_known(request: HttpRequest) -> Iterator[None]:
    """Be inside a request, whether it is recorded or not."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_user() -> str:
    """Give who does what is done now, as records have it: ``system`` outside of requests."""
    request = _request.get()
    return SYSTEM if request is None else actor_of(request).user


_context: ContextVar[AuditContext | None] = ContextVar("audit_context", default=None)


def current_context() -> AuditContext | None:
    """Give the context of the request that runs, ``None`` outside of requests."""
    return _context.get()


@contextmanager
def audit_context() -> Iterator[AuditContext]:
    """Be inside a request: events go to its context."""
    context = AuditContext()
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)
