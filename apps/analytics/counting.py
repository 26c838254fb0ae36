"""Requests counted by every dimension: a frame of records to aggregate rows. Pure.

The pump counts each slice with it, the roll-up counts an hour again when its proof fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import polars as pl

from . import dimensions, histogram
from .dimensions import Dimension
from .rows import COLUMNS, KEY

#: Longest value of an aggregate in bytes; longer ones are cut and end with a digest, because an
#: index entry holds 2,704 bytes at most.
LONGEST_VALUE = 1_000
#: The texts of a record that aggregates are keyed or named by.
TEXTS = (
    "organisation",
    "api_id",
    "api_name",
    "api_version",
    "method",
    "path",
    "key",
    "alias",
    "oauth_client",
    "country",
)
#: The other columns of a record that are counted; ``row`` is its number in the frame.
OTHERS = ("row", "timestamp", "status", "request_time", "latency", "upstream_latency", "tracked")

_BOUNDS = pl.Series(histogram.BOUNDS, dtype=pl.Int64)


def aggregates(frame: pl.DataFrame, tags: pl.DataFrame, *, every: str = "1m", all_paths: bool = False) -> pl.DataFrame:
    """Rows of all dimensions (the columns of ``rows.COLUMNS``), one per key and bucket.

    ``frame`` has the columns :data:`TEXTS` and :data:`OTHERS`, ``tags`` is made by
    :func:`countable_tags`, ``every`` is the length of a bucket, ``all_paths`` counts untracked
    endpoints too. Network statistics (status −1) are no requests and left out.
    """
    hits = _measured(_shortened(frame.filter(pl.col("status") != -1), TEXTS), every, all_paths)
    tagged = tags.join(hits, on="row", how="inner")
    sources = [(tagged if dimension is dimensions.TAG else hits, dimension) for dimension in dimensions.ALL]
    grouped = [rows for source, dimension in sources if (rows := _grouped(source, dimension)) is not None]
    return _with_histograms(pl.concat(grouped)).select(COLUMNS)


def countable_tags(flat: pl.DataFrame, ignored_prefixes: Sequence[str]) -> pl.DataFrame:
    """Tags as (row, tag), each once per record: trimmed, without keys and ignored prefixes."""
    unwanted = pl.any_horizontal(pl.col("tag").str.starts_with(prefix) for prefix in ("key-", *ignored_prefixes))
    kept = flat.filter(~unwanted).with_columns(pl.col("tag").str.strip_chars(" "))
    return _shortened(kept.filter(pl.col("tag") != "").unique(), ["tag"])


def _shortened(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Values cut to :data:`LONGEST_VALUE`; different long ones stay different."""
    longest = frame.select(pl.col(names).str.len_bytes().max())
    long = [name for name in names if (longest[name][0] or 0) > LONGEST_VALUE]
    return frame.with_columns(pl.col(long).map_elements(_short, return_dtype=pl.String)) if long else frame


def _short(value: str) -> str:
    data = value.encode()
    if len(data) <= LONGEST_VALUE:
        return value
    return f"{data[: LONGEST_VALUE - 20].decode(errors='ignore')}…{blake2b(data, digest_size=8).hexdigest()}"


def _measured(hits: pl.DataFrame, every: str, all_paths: bool) -> pl.DataFrame:
    """Hits with what is summed: flags, the latency bucket, and latencies of answers that are no errors."""
    fine = pl.col("status") < 400
    return hits.select(
        *TEXTS,
        *("row", "request_time", "latency", "upstream_latency"),
        bucket=pl.col("timestamp").dt.truncate(every),
        last_hit=pl.col("timestamp"),
        status=pl.col("status").cast(pl.String),
        successes=pl.col("status").is_between(200, 299).cast(pl.Int64),
        errors=(~fine).cast(pl.Int64),
        fine_latency=pl.when(fine).then("latency"),
        fine_upstream_latency=pl.when(fine).then("upstream_latency"),
        counted=pl.lit(value=True) if all_paths else pl.col("tracked"),
        mark=marks(hits["latency"]),
    )


def marks(latency: pl.Series) -> pl.Series:
    """The histogram bucket of each latency in milliseconds."""
    return (_BOUNDS.search_sorted(latency, side="right").cast(pl.Int64) - 1).clip(lower_bound=0).rename("mark")


def _grouped(hits: pl.DataFrame, dimension: Dimension) -> pl.DataFrame | None:
    """Rows of one dimension, with the latency buckets of their hits as a list; None when none has its fields."""
    fields = [field for field in (dimension.value, dimension.detail) if field]
    key = ["organisation", "bucket", *(["api_id"] if dimension.per_api else []), *fields]
    counted = [pl.col(field) != "" for field in fields]
    counted += [pl.col("counted")] if dimension.tracked else []
    counted += [pl.col("errors") > 0] if dimension.errors else []
    if counted and (hits := hits.filter(*counted)).is_empty():
        return None
    rows = hits.group_by(key).agg(*_MEASURES, _name(dimension))
    empty = pl.lit("")
    return rows.select(
        "organisation",
        "bucket",
        pl.lit(dimension.code, dtype=pl.Int16).alias("dimension"),
        (pl.col("api_id") if dimension.per_api else empty).alias("api"),
        (pl.col(dimension.value) if dimension.value else empty).alias("value"),
        (pl.col(dimension.detail) if dimension.detail else empty).alias("detail"),
        *COLUMNS[len(KEY) : -1],
        "mark",
    )


def _name(dimension: Dimension) -> pl.Expr:
    """The newest name that was told: refused requests often have none."""
    if not dimension.name:
        return pl.lit("").first().alias("name")
    told_at = pl.when(pl.col(dimension.name) != "").then("last_hit")
    return pl.col(dimension.name).get(told_at.arg_max()).fill_null("").alias("name")


_MEASURES = (
    pl.len().cast(pl.Int64).alias("hits"),
    pl.col("successes", "errors", "request_time", "latency", "upstream_latency").sum(),
    # Minima leave error answers out, unless there were no others.
    pl.col("fine_latency").min().fill_null(pl.col("latency").min()).alias("min_latency"),
    pl.col("latency").max().alias("max_latency"),
    pl.col("fine_upstream_latency").min().fill_null(pl.col("upstream_latency").min()).alias("min_upstream_latency"),
    pl.col("upstream_latency").max().alias("max_upstream_latency"),
    pl.col("last_hit").max(),
    pl.col("mark"),
)


def _with_histograms(rows: pl.DataFrame) -> pl.DataFrame:
    """The lists of latency buckets as histograms; most rows have one hit, and need no counting."""
    numbered = rows.with_row_index("number")
    several = numbered.filter(pl.col("hits") > 1).select("number", "mark").explode("mark")
    counts = several.group_by("number", "mark").agg(pl.len().alias("count")).sort("number", "mark")
    # Joined as lists: a text for each group on its own takes twice as long.
    pairs = counts.select("number", histogram=pl.concat_str("mark", pl.lit(":"), "count"))
    lists = pairs.group_by("number", maintain_order=True).agg("histogram")
    histograms = lists.with_columns(pl.col("histogram").list.join(" "))
    single = pl.concat_str(pl.col("mark").list.first(), pl.lit(":1"))
    joined = numbered.join(histograms, on="number", how="left")
    return joined.with_columns(pl.col("histogram").fill_null(single))
