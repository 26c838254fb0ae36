"""From list to committed: claim, read, prepare, commit, release. Any number of drains at once.

A run goes on until nothing is left, claiming new records meanwhile, so a backlog is taken in one
run. Drains share the work by stripes: fixed ranges of a claim, each drained by one of them at a
time under an advisory lock that vanishes with its holder. While one slice commits in a second
thread, the next is prepared: Python and PostgreSQL work side by side.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import connection, connections

from apps.analytics.models import Slice

from . import store, uptime
from .batch import Rules, prepare
from .claims import UPTIME_LIST, Claim, Claims
from .rules import rules
from .store import AlreadyStoredError, Position

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stripe:
    """The part of a claim that one drain takes: from its first open record to its end."""

    claim: Claim
    number: int
    start: int
    stop: int


@dataclass(slots=True)
class Drained:
    """What a run did: slices committed, and the records in them."""

    slices: int = 0
    records: int = 0


class Drain:
    """One run over everything that waits in Redis."""

    def __init__(self, claims: Claims | None = None) -> None:
        self.claims = claims or Claims()
        self.done = Drained()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._committing: tuple[Future[Slice], Stripe, bool] | None = None
        self._claimed_at = 0.0

    def run(self) -> Drained:
        """Drain all claims, and go on while a turn took longer than the pump's interval.

        Raises:
            redis.RedisError, django.db.Error, psycopg.Error: when a server is away. Nothing is
                lost: claims wait in Redis for the next run.
        """
        try:
            with _collector_off():
                while self._turn() > settings.PUMP_PURGE_DELAY:
                    continue
            return self.done
        except BaseException:
            # Whatever stripe was locked is free again with the connection that locked it.
            connection.close()
            raise
        finally:
            self._pool.submit(connections.close_all)
            self._pool.shutdown()

    def _turn(self) -> float:
        """Claim and drain what there is now; the seconds it took."""
        began = time.monotonic()
        self._claim()
        current = rules()
        for stripe in self._stripes():
            if _lock(stripe):
                self._drain(stripe, current)
            if time.monotonic() - self._claimed_at > settings.PUMP_PURGE_DELAY:
                self._claim()
        self._settle()
        return time.monotonic() - began

    def _claim(self) -> None:
        # Also in the middle of a backlog: the gateway's lists vanish after a minute.
        self._claimed_at = time.monotonic()
        self.claims.claim_all()

    def _stripes(self) -> Iterator[Stripe]:
        for claim in self.claims.open():
            open_parts = list(open_stripes(claim))
            if not open_parts:
                self.claims.release(claim)
            yield from open_parts

    def _drain(self, stripe: Stripe, current: Rules) -> None:
        """Prepare the slices of a stripe, each while the one before is committed."""
        start = stripe.start
        while start < stripe.stop:
            payloads = self.claims.read(stripe.claim, start, stripe.stop, settings.PUMP_SLICE_BYTES)
            stop = start + len(payloads)
            position = Position(stripe.claim.key, stripe.claim.source, start, stop)
            commit = _prepared(payloads, position, current) if payloads else None
            if self._settle() is stripe or commit is None:
                # Another drain has this stripe, and maybe released its claim: it is in good hands.
                return _unlock(stripe)
            self._committing = self._pool.submit(commit), stripe, stop == stripe.stop
            start = stop
        return None

    def _settle(self) -> Stripe | None:
        """Wait for the slice that is being committed; its stripe if another drain had it already."""
        if self._committing is None:
            return None
        (future, stripe, last), self._committing = self._committing, None
        try:
            stored = future.result()
        except AlreadyStoredError as error:
            log.info("Another drain was faster: %s", error)
            _unlock(stripe)
            return stripe
        self.done.slices += 1
        self.done.records += stored.received
        if last:
            self._end(stripe)
        return None

    def _end(self, stripe: Stripe) -> None:
        if not any(open_stripes(stripe.claim)):
            self.claims.release(stripe.claim)
        _unlock(stripe)


def _prepared(payloads: list[bytes], position: Position, current: Rules) -> Callable[[], Slice]:
    """Everything about a slice that needs no transaction; what is left to call is its commit."""
    if position.source == UPTIME_LIST:
        return partial(uptime.commit, payloads, position)
    rows = store.rows_of(prepare(payloads, position.source, current), store.next_slice())
    return partial(store.commit, rows, position)


def open_stripes(claim: Claim) -> Iterator[Stripe]:
    """The parts of a claim that no committed slice covers, cut at fixed multiples of a slice."""
    size = settings.PUMP_SLICE_RECORDS
    for start, stop in _gaps(claim):
        for number in range(start // size, -(-stop // size)):
            yield Stripe(claim, number, max(start, number * size), min(stop, (number + 1) * size))


def _gaps(claim: Claim) -> Iterator[tuple[int, int]]:
    at = 0
    for start, stop in Slice.objects.filter(claim=claim.key).order_by("start").values_list("start", "stop"):
        if start > at:
            yield at, start
        at = max(at, stop)
    if at < claim.length:
        yield at, claim.length


def _lock(stripe: Stripe) -> bool:
    """Take a stripe for this connection; False when another drain has it, or has just finished it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, %s))", [stripe.claim.key, stripe.number])
        if not cursor.fetchone()[0]:
            return False
    if any(one.start == stripe.start for one in open_stripes(stripe.claim)):
        return True
    _unlock(stripe)
    return False


def _unlock(stripe: Stripe) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, %s))", [stripe.claim.key, stripe.number])


@contextmanager
def _collector_off() -> Iterator[None]:
    """No cyclic garbage collection: records are many, live shortly, and hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
