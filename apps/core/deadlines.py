"""Several questions at once, and no longer wait for an answer than said, whatever hangs.

Nothing ends a thread that waits for a server which is there and says nothing, so what does not come back in time is
left alone, once: until it does, whoever asks the same waits for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


@dataclass(frozen=True)
class _Run:
    """A question that was asked."""

    began: float = field(default_factory=time.monotonic)
    answer: Future[Any] = field(default_factory=Future)


_runs: dict[str, _Run] = {}
_lock = Lock()


def side_by_side(calls: Mapping[str, Callable[[], T]], seconds: float) -> dict[str, Future[T]]:
    """Make all calls at once, in threads of their own; give by name what came of them within so many seconds.

    The name says what is called, in the whole process: a call that is still on its way is not made again but waited
    for, from when it began. Those that are late are not ``done()``.
    """
    runs = {name: _run(name, call) for name, call in calls.items()}
    for run in runs.values():
        wait([run.answer], max(0.0, run.began + seconds - time.monotonic()))
    return {name: run.answer for name, run in runs.items()}


def _run(name: str, call: Callable[[], object]) -> _Run:
    with _lock:
        known = _runs.get(name)
        if known and not known.answer.done():
            return known
        run = _runs[name] = _Run()
    Thread(target=_answer, args=(run.answer, call), name=name, daemon=True).start()
    return run


def _answer(answer: Future[Any], call: Callable[[], object]) -> None:
    try:
        found = call()
    except Exception as error:  # noqa: BLE001  (whoever asked is told)
        answer.set_exception(error)
    else:
        answer.set_result(found)
    finally:
        connections.close_all()  # those of this thread
