"""The transaction of a request that writes: what its view writes, and around it the record of that.

It is open from the start, but for a view that has to ask somebody else before it writes, such as an identity
provider. That one declares ``asks_first = True``, asks, and then calls ``begin_transaction()``: whoever it waits for
keeps neither a lock nor a connection in a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from django.db import transaction


class RequestTransaction:
    """The transaction, and in it the savepoint of what the view writes. Its end is that of the ``ExitStack``."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._savepoint = stack, ExitStack()
        self.is_open = False

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


_current: ContextVar[RequestTransaction | None] = ContextVar("request_transaction", default=None)


@contextmanager
def request_transaction(*, asks_first: bool) -> Iterator[RequestTransaction]:
    """Be in a request that writes. The transaction is committed at the end, unless there is an exception."""
    with ExitStack() as stack:
        opened = RequestTransaction(stack)
        token = _current.set(opened)
        stack.callback(_current.reset, token)
        if not asks_first:
            opened.begin()
        yield opened


def begin_transaction() -> None:
    """Begin to write, in a view that asked first: nobody else is asked from here on.

    Raises:
        RuntimeError: the view declares no ``asks_first``, or has begun already.
    """
    if not is_asking():
        raise RuntimeError("Only a view with asks_first = True begins its transaction, and once")
    if opened := _current.get():
        opened.begin()


def is_asking() -> bool:
    """Tell whether the request that runs still asks others, and must not write yet."""
    opened = _current.get()
    return opened is not None and not opened.is_open
