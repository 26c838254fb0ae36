"""Sums of aggregate rows: what SQL adds up, and how it reads as ``Totals``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from apps.analytics import histogram

from .results import Totals

SHARES = (0.50, 0.95, 0.99)


def _sum(column: str) -> str:
    return f"coalesce(sum({column}), 0)::bigint AS {column}"


def _least(column: str) -> str:
    """Errors are left out of a minimum unless there is nothing else."""
    return f"coalesce(min({column}) FILTER (WHERE errors < hits), min({column}), 0) AS {column}"


#: Names of the columns of :data:`SUMS`.
NAMES = (
    "hits, successes, errors, request_time, latency, upstream_latency, min_latency, max_latency,"
    " min_upstream_latency, max_upstream_latency, last_hit"
)
#: Expressions over aggregate rows, in the order in which :func:`totals` reads them.
SUMS = ", ".join(
    (
        *map(_sum, ("hits", "successes", "errors", "request_time", "latency", "upstream_latency")),
        _least("min_latency"),
        "coalesce(max(max_latency), 0) AS max_latency",
        _least("min_upstream_latency"),
        "coalesce(max(max_upstream_latency), 0) AS max_upstream_latency",
        "max(last_hit) AS last_hit",
    )
)
WIDTH = 11
#: One text that holds every histogram of a group.
HISTOGRAM = "string_agg(histogram, ' ') AS histogram"


def totals(columns: Sequence[Any]) -> Totals:
    """What the columns of :data:`SUMS` say."""
    hits, successes, errors, request_time, latency, upstream_latency, *extremes = columns[:WIDTH]
    by = hits or 1
    return Totals(hits, successes, errors, request_time / by, latency / by, upstream_latency / by, *extremes)


def with_percentiles(sums: Totals, text: str | None) -> Totals:
    """The same with the percentiles of a text of histograms."""
    p50, p95, p99 = histogram.percentiles(counts(text or ""), *SHARES)
    return replace(sums, p50=p50, p95=p95, p99=p99)


def counts(text: str) -> dict[int, int]:
    """Counts by bucket of histograms joined by a blank; ``histogram.parse`` for texts of megabytes."""
    numbers = list(map(int, text.replace(":", " ").split()))
    found = dict.fromkeys(numbers[::2], 0)
    for bucket, count in zip(numbers[::2], numbers[1::2], strict=True):
        found[bucket] += count
    return found
