"""From list to committed: claim, read, decode, classify, commit, release. Any number of drains at once.

A run goes on until nothing is left, claiming new records meanwhile, so a backlog is taken in one
run. Drains share the work by segments: fixed ranges of a claim, each drained by one of them at a
time under an advisory lock that vanishes with its holder.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import django.db
import psycopg
from django.conf import settings
from django.db import connection, connections
from redis.exceptions import RedisError, ResponseError

from apps.analytics.models import Slice

from . import refusals, slices, store, uptime
from .claims import UPTIME_LIST, Claim, Claims
from .config import PumpConfig, pump_config
from .slices import Decoded
from .store import AlreadyStoredError, Rows, SliceRange

log = logging.getLogger(__name__)

#: What a server says of itself, and not of a claim.
_AWAY = (
    *(django.db.OperationalError, django.db.InterfaceError, django.db.InternalError),
    *(psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError),
    RedisError,
)
#: Slices that may be between read and committed while the next one is read. One for each of the three stages
#: is no faster, and takes 25 MiB more.
MAX_SLICES_IN_FLIGHT = 2


@dataclass(frozen=True, slots=True)
class ClaimSegment:
    """The part of a claim that one drain takes: from its first open record to its end."""

    claim: Claim
    number: int
    start: int
    stop: int


@dataclass(slots=True)
class DrainResult:
    """What a run did: slices committed, and the records in them."""

    slices: int = 0
    records: int = 0


class Stages:
    """What is done with a slice that was read, side by side with the slices around it: decode, classify, store.

    Each stage is one thread, and none holds the GIL for long: numpy, polars and PostgreSQL do the work. What is
    asked for first is committed first.
    """

    def __init__(self) -> None:
        self._decoding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")
        self._classifying = ThreadPoolExecutor(max_workers=1, thread_name_prefix="classify")
        self._storing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    def submit(self, payloads: Sequence[bytes], slice_range: SliceRange, config: PumpConfig) -> Future[Slice]:
        """Let a slice be decoded, classified and stored."""
        if slice_range.source == UPTIME_LIST:
            return self._storing.submit(uptime.commit, payloads, slice_range)
        decoded = self._decoding.submit(slices.decode, payloads, slice_range.source, config)
        number = store.next_slice()
        rows = self._classifying.submit(_rows, decoded, payloads, slice_range.source, config, number)
        return self._storing.submit(_commit, rows, slice_range)

    def close(self) -> None:
        """Wait for what is under way, and give the connection of the storing thread back."""
        self._decoding.shutdown()
        self._classifying.shutdown()
        self._storing.submit(connections.close_all)
        self._storing.shutdown()


def _rows(decoded: Future[Decoded], payloads: Sequence[bytes], source: str, config: PumpConfig, number: int) -> Rows:
    try:
        classified = slices.classify(payloads, decoded.result(), config)
    except Exception as error:  # noqa: BLE001 - raised again unless some payloads are at fault
        classified = slices.classify_without_bad(payloads, source, config, error)
    return store.rows_of(classified, number)


def _commit(rows: Future[Rows], slice_range: SliceRange) -> Slice:
    return store.commit(rows.result(), slice_range)


class Drain:
    """One run over everything that waits in Redis."""

    def __init__(self, claims: Claims | None = None) -> None:
        self.claims = claims or Claims()
        self.done = DrainResult()
        self._stages = Stages()
        self._in_flight: deque[tuple[Future[Slice], ClaimSegment]] = deque()
        self._locked: set[ClaimSegment] = set()
        self._broken: dict[Claim, Exception] = {}
        self._claimed_at = 0.0

    def run(self) -> DrainResult:
        """Drain all claims, and go on while a turn took longer than the pump's interval.

        Whatever is wrong with one claim is told by its name, and the others are drained.

        Raises:
            redis.RedisError, django.db.Error, psycopg.Error: when a server is away. Nothing is
                lost: claims wait in Redis for the next run.
            Exception: what broke the first of the claims that could not be drained, when all others are.
        """
        try:
            with _gc_and_gil_tuned():
                while self._drain_once() > settings.PUMP_PURGE_DELAY:
                    continue
            for error in self._broken.values():
                raise error
            return self.done
        except BaseException:
            # Whatever segment was locked is free again with the connection that locked it.
            connection.close()
            raise
        finally:
            refusals.report(self.claims.refused)
            self._stages.close()

    def _drain_once(self) -> float:
        """Claim and drain what there is now; the seconds it took."""
        began = time.monotonic()
        self._claim()
        config = pump_config()
        for segment in self._open_segments():
            if self._lock(segment):
                self._drain_segment(segment, config)
            if time.monotonic() - self._claimed_at > settings.PUMP_PURGE_DELAY:
                self._claim()
        self._await_commits(in_flight=0)
        return time.monotonic() - began

    def _claim(self) -> None:
        # Also in the middle of a backlog: the gateway's lists vanish after a minute.
        self._claimed_at = time.monotonic()
        self.claims.claim_all()

    def _open_segments(self) -> Iterator[ClaimSegment]:
        for claim in self.claims.unreleased():
            if claim in self._broken:
                continue
            segments = list(open_segments(claim))
            if not segments:
                self.claims.release(claim)
            yield from segments

    def _drain_segment(self, segment: ClaimSegment, config: PumpConfig) -> None:
        """Send the slices of a segment through the stages, as long as nobody else has it."""
        start = segment.start
        while start < segment.stop and segment in self._locked:
            payloads = self._read(segment, start)
            if not payloads:
                return self._await_commits(in_flight=0)
            slice_range = SliceRange(segment.claim.key, segment.claim.source, start, start + len(payloads))
            self._in_flight.append((self._stages.submit(payloads, slice_range, config), segment))
            self._await_commits(in_flight=MAX_SLICES_IN_FLIGHT)
            start = slice_range.stop
        return None

    def _read(self, segment: ClaimSegment, start: int) -> list[bytes]:
        """What can be read; nothing when another drain has finished and released the claim, or Redis refuses."""
        try:
            return self.claims.read(segment.claim, start, segment.stop, settings.PUMP_SLICE_BYTES)
        except ResponseError as error:
            self.claims.refuse(segment.claim.key, error)
            return []

    def _await_commits(self, *, in_flight: int) -> None:
        """Wait until no more than so many slices are under way; count and end what has been stored."""
        while len(self._in_flight) > in_flight:
            future, segment = self._in_flight.popleft()
            try:
                stored = future.result()
            except AlreadyStoredError as error:
                log.info("Another drain was faster: %s", error)
                self._unlock(segment)
            except _AWAY:
                raise
            except Exception as error:  # noqa: BLE001 - raised by run, when the other claims are drained
                self._broken.setdefault(segment.claim, error)
                self.claims.refuse(segment.claim.key, error)
                self._unlock(segment)
            else:
                self.done.slices += 1
                self.done.records += stored.received
            if not any(segment is later for _, later in self._in_flight):
                self._release_if_stored(segment)

    def _release_if_stored(self, segment: ClaimSegment) -> None:
        left = list(open_segments(segment.claim))
        if not left:
            self.claims.release(segment.claim)
        if not any(one.number == segment.number for one in left):
            self._unlock(segment)

    def _lock(self, segment: ClaimSegment) -> bool:
        """Take a segment for this connection; False when another drain has it, or has just finished it."""
        if not _advisory("pg_try_advisory_lock", segment):
            return False
        self._locked.add(segment)
        if segment in open_segments(segment.claim):
            return True
        self._unlock(segment)
        return False

    def _unlock(self, segment: ClaimSegment) -> None:
        if segment in self._locked:
            self._locked.remove(segment)
            _advisory("pg_advisory_unlock", segment)


def open_segments(claim: Claim) -> Iterator[ClaimSegment]:
    """The parts of a claim that no committed slice covers, cut at fixed multiples of a slice."""
    size = settings.PUMP_SLICE_RECORDS
    for start, stop in _gaps(claim):
        for number in range(start // size, -(-stop // size)):
            yield ClaimSegment(claim, number, max(start, number * size), min(stop, (number + 1) * size))


def _gaps(claim: Claim) -> Iterator[tuple[int, int]]:
    at = 0
    for start, stop in Slice.objects.filter(claim=claim.key).order_by("start").values_list("start", "stop"):
        if start > at:
            yield at, start
        at = max(at, stop)
    if at < claim.length:
        yield at, claim.length


def _advisory(function: str, segment: ClaimSegment) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, %s))", [segment.claim.key, segment.number])
        return bool(cursor.fetchone()[0])


@contextmanager
def _gc_and_gil_tuned() -> Iterator[None]:
    """This process works for the drain alone while it runs.

    No cyclic garbage collection: records are many, live shortly, and hold no cycles. And threads
    take turns ten times as often: the one that feeds PostgreSQL needs the GIL for a moment
    only, and PostgreSQL stands still while it waits.
    """
    enabled, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(interval / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if enabled:
            gc.enable()
