"""Nobody waits for others while a transaction is open: it would hold its locks and its connection as long as they."""

from __future__ import annotations

from django.db import connection


class RemoteInTransaction(Exception):
    """Something remote was about to be asked inside a transaction: ask first, then write."""


def refuse_in_transaction(what: str) -> None:
    """Raise ``RemoteInTransaction`` while a transaction is open; call it before ``what`` is asked.

    The transaction that Django's test cases put around a test counts as none, as for ``atomic(durable=True)``.
    """
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):  # what Django's own durable blocks look at
        raise RemoteInTransaction(f"{what} is asked inside a transaction")
