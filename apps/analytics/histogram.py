"""A mergeable histogram of latencies, exact for small values, within 5 % for all others.

A histogram is kept sparse, as text of ``bucket:count`` pairs separated by one blank
(``"12:3 40:1"``): most rows hold one or two pairs, PostgreSQL merges histograms with nothing but
``string_agg(histogram, ' ')``, and a bucket may occur several times in the text. Buckets are
numbers of the table :data:`BOUNDS`; the values are whole milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import ceil

#: Largest quotient of two values in one bucket. Answering with their harmonic mean keeps every
#: percentile within ``(GROWTH - 1) / (GROWTH + 1)`` = 5 % of the true value.
GROWTH = 1.105
#: The longest latency told apart, in milliseconds: one day.
MAX_LATENCY = 86_400_000


def _lower_bounds() -> tuple[int, ...]:
    bounds = [0]
    while bounds[-1] <= MAX_LATENCY:
        bounds.append(int(bounds[-1] * GROWTH) + 1)
    return tuple(bounds)


#: Lowest value of each bucket, in milliseconds. The last bucket is open-ended.
BOUNDS: tuple[int, ...] = _lower_bounds()
#: The value each bucket answers with, in milliseconds.
VALUES: tuple[float, ...] = (
    *(2 * low * (high - 1) / (low + high - 1) if low else 0.0 for low, high in pairwise(BOUNDS)),
    float(BOUNDS[-1]),
)


def bucket_of(milliseconds: int) -> int:
    """The bucket of a latency; negative latencies (a clock set back) count as 0 ms."""
    return max(0, bisect_right(BOUNDS, milliseconds) - 1)


def parse(text: str) -> Counter[int]:
    """Counts by bucket of one histogram or of several joined by a blank."""
    counts: Counter[int] = Counter()
    for pair in text.split():
        bucket, _, count = pair.partition(":")
        counts[int(bucket)] += int(count)
    return counts


def render(counts: Mapping[int, int]) -> str:
    """The text of counts by bucket, in the order of the buckets."""
    return " ".join(f"{bucket}:{count}" for bucket, count in sorted(counts.items()) if count)


def from_values(milliseconds: Iterable[int]) -> str:
    """The histogram of some latencies."""
    return render(Counter(map(bucket_of, milliseconds)))


def merge(texts: Iterable[str]) -> str:
    """One histogram of several: what SQL's ``string_agg`` leaves, with each bucket once."""
    return render(parse(" ".join(texts)))


def percentiles(counts: Mapping[int, int], *shares: float) -> list[float | None]:
    """Latencies in milliseconds at shares of the requests (0.95 = p95), by nearest rank.

    ``None`` for each share when nothing was counted.
    """
    total = sum(counts.values())
    if not total:
        return [None] * len(shares)
    return [_at_rank(counts, max(1, ceil(share * total - 1e-9))) for share in shares]


def _at_rank(counts: Mapping[int, int], rank: int) -> float:
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return VALUES[bucket]
    raise ValueError(f"rank {rank} is beyond the {seen} values counted")
