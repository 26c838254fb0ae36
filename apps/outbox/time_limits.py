"""An end to what hangs: Celery's own time limits need processes, and our workers use threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any

from django.db import connections


class TimeLimitExceeded(Exception):
    """A function has not returned in time. It may go on: Python cannot stop a thread."""


def run_within(seconds: float, function: Callable[..., None], *args: Any) -> None:
    """Run a function in a thread with database connections of its own, and wait for it.

    Raises what it raises, or ``TimeLimitExceeded``: then the thread is left behind and ends with the process.
    """
    outcome: Future[None] = Future()
    Thread(target=_settle, args=(outcome, function, *args), name="time limit", daemon=True).start()
    if not wait([outcome], timeout=seconds).done:
        raise TimeLimitExceeded(f"Not done within {seconds:g} seconds")
    outcome.result()


def _settle(outcome: Future[None], function: Callable[..., None], *args: Any) -> None:
    try:
        try:
            function(*args)
        finally:
            connections.close_all()
    except Exception as error:  # noqa: BLE001  (raised again by the thread that waits)
        outcome.set_exception(error)
    else:
        outcome.set_result(None)
