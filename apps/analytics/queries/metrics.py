"""Sums of aggregate rows: what SQL adds up, and how it reads as ``Totals``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from apps.analytics import histogram

from .types import Totals

QUANTILES = (0.50, 0.95, 0.99)
#: Characters of histograms that plain Python merges at once.
PLAIN_LIMIT = 20_000


#: Numbers of requests.
COUNTS = ("hits", "successes", "errors")


def _sum(column: str) -> str:
    # Times may add up to more than a bigint holds, so they stay the numeric that PostgreSQL makes of them.
    return f"coalesce(sum({column}), 0){'::bigint' if column in COUNTS else ''} AS {column}"


def min_without_errors(column: str) -> str:
    """The minimum of a column: errors are left out unless there is nothing else."""
    return f"coalesce(min({column}) FILTER (WHERE errors < hits), min({column}), 0)"


#: Names of the columns of :data:`SUMS`.
COLUMN_NAMES = (
    "hits, successes, errors, request_time, latency, upstream_latency, min_latency, max_latency,"
    " min_upstream_latency, max_upstream_latency, last_hit"
)
#: Those that are sums themselves.
ADDITIVE = ("hits", "successes", "errors", "request_time", "latency", "upstream_latency")
#: Expressions over aggregate rows, in the order in which :func:`read_totals` reads them.
SUMS = ", ".join(
    (
        *map(_sum, ADDITIVE),
        f"{min_without_errors('min_latency')} AS min_latency",
        "coalesce(max(max_latency), 0) AS max_latency",
        f"{min_without_errors('min_upstream_latency')} AS min_upstream_latency",
        "coalesce(max(max_upstream_latency), 0) AS max_upstream_latency",
        "max(last_hit) AS last_hit",
    )
)
#: The same of rows that may take away again what others add: their minima and maxima say nothing.
ADDITIVE_SUMS = ", ".join(
    (
        *map(_sum, ADDITIVE),
        *(f"0 AS {name}" for name in ("min_latency", "max_latency", "min_upstream_latency", "max_upstream_latency")),
        "NULL::timestamptz AS last_hit",
    )
)
COLUMN_COUNT = 11
#: One text that holds every histogram of a group.
MERGED_HISTOGRAM = "string_agg(histogram, ' ') AS histogram"


def read_totals(columns: Sequence[Any]) -> Totals:
    """What the columns of :data:`SUMS` say."""
    hits, successes, errors, *times = columns[:6]
    request_time, latency, upstream_latency = (float(time) / (hits or 1) for time in times)
    return Totals(hits, successes, errors, request_time, latency, upstream_latency, *columns[6:COLUMN_COUNT])


def with_percentiles(sums: Sequence[Totals], texts: Sequence[str | None]) -> list[Totals]:
    """The same with the percentiles of a text of histograms each."""
    found = percentiles([text or "" for text in texts])
    return [replace(one, p50=p50, p95=p95, p99=p99) for one, (p50, p95, p99) in zip(sums, found, strict=True)]


def percentiles(texts: Sequence[str]) -> list[list[float | None]]:
    """What ``histogram.percentiles`` says of each text; of many long ones in a fraction of the time."""
    if sum(map(len, texts)) < PLAIN_LIMIT:
        return [histogram.percentiles(histogram.parse(text), *QUANTILES) for text in texts]
    found: list[list[float | None]] = [[None] * len(QUANTILES) for _ in texts]
    for number, *buckets in _ranks(texts).iter_rows():
        found[number] = [histogram.VALUES[bucket] for bucket in buckets]
    return found


def _ranks(texts: Sequence[str]) -> pl.DataFrame:
    """The bucket of each share, by the number of the text; texts without counts are not there."""
    lines = "\n".join(filter(None, texts)).replace(" ", "\n")
    pairs = pl.read_csv(lines.encode(), separator=":", has_header=False, schema={"bucket": pl.Int64, "count": pl.Int64})
    lengths = [text.count(":") for text in texts]
    owner = pl.select(pl.int_range(len(texts)).repeat_by(pl.Series(lengths)).explode().drop_nulls()).to_series()
    # By one number instead of two: that halves the time.
    place = owner * len(histogram.VALUES) + pairs["bucket"]
    summed = pl.DataFrame({"place": place, "count": pairs["count"]}).group_by("place").agg(pl.col("count").sum())
    running = summed.sort("place").with_columns(
        text=pl.col("place") // len(histogram.VALUES), bucket=pl.col("place") % len(histogram.VALUES)
    )
    ranked = running.with_columns(seen=pl.col("count").cum_sum().over("text"), total=pl.col("count").sum().over("text"))
    # What was taken away again altogether was counted nowhere.
    ranked = ranked.filter(pl.col("total") > 0)
    ranks = ((share * pl.col("total") - 1e-9).ceil().clip(lower_bound=1) for share in QUANTILES)
    return ranked.group_by("text").agg(
        pl.col("bucket").filter(pl.col("seen") >= rank).first().alias(f"at {share}")
        for share, rank in zip(QUANTILES, ranks, strict=True)
    )
