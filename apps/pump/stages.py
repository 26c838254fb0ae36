"""The three stages of a slice that was read, side by side: it is decoded, counted, stored.

While a slice is read, those before it are in these stages. Each stage is one thread, and none holds
the GIL for long: numpy, polars and PostgreSQL do the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connections

from apps.analytics.models import Slice

from . import store, uptime
from .batch import PumpConfig, prepare
from .claims import UPTIME_LIST
from .decoding import Decoded, decode
from .store import Rows, SliceRange


class Stages:
    """Takes slices one after the other; what is asked for first is committed first."""

    def __init__(self) -> None:
        self._decoding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")
        self._counting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="count")
        self._storing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    def submit(self, payloads: Sequence[bytes], slice_range: SliceRange, config: PumpConfig) -> Future[Slice]:
        """Let a slice be decoded, counted and stored."""
        if slice_range.source == UPTIME_LIST:
            return self._storing.submit(uptime.commit, payloads, slice_range)
        decoded = self._decoding.submit(decode, payloads, slice_range.source, config.enrichment)
        rows = self._counting.submit(_count, payloads, slice_range.source, config, decoded, store.next_slice())
        return self._storing.submit(_commit, rows, slice_range)

    def close(self) -> None:
        """Wait for what is under way, and give the connection of the storing thread back."""
        self._decoding.shutdown()
        self._counting.shutdown()
        self._storing.submit(connections.close_all)
        self._storing.shutdown()


def _count(payloads: Sequence[bytes], source: str, config: PumpConfig, decoded: Future[Decoded], number: int) -> Rows:
    return store.rows_of(prepare(payloads, source, config, decoded.result), number)


def _commit(rows: Future[Rows], slice_range: SliceRange) -> Slice:
    return store.commit(rows.result(), slice_range)
