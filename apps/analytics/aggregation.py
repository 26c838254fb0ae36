"""Requests counted by every dimension: a frame of records to aggregate rows. Pure.

The pump counts each slice with it, the roll-up counts an hour again when it does not reconcile.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import polars as pl

from . import dimensions, histogram
from .aggregate_rows import COLUMNS, KEY_COLUMNS, total
from .caps import MAX_KEY_BYTES, Caps, merge_capped
from .dimensions import Dimension

#: Texts of a record that become values of dimensions or name them; the cap on their length is a setting.
VALUE_FIELDS = ("api_name", "api_version", "method", "path", "key", "alias", "oauth_client", "country")
#: The texts of a record that aggregates are keyed or named by.
LABEL_FIELDS = ("organisation", "api_id", *VALUE_FIELDS)
#: The other columns of a record that are counted; ``row`` is its number in the frame.
MEASURED_FIELDS = ("row", "timestamp", "status", "request_time", "latency", "upstream_latency", "tracked")

_BOUNDS = pl.Series(histogram.BOUNDS, dtype=pl.Int64)


def aggregate(
    frame: pl.DataFrame, tags: pl.DataFrame, *, caps: Caps, every: str = "1m", all_paths: bool = False
) -> pl.DataFrame:
    """Rows of all dimensions (the columns of ``aggregate_rows.COLUMNS``), one per key and bucket.

    ``frame`` has the columns :data:`LABEL_FIELDS` and :data:`MEASURED_FIELDS`, ``tags`` is made by
    :func:`countable_tags`, ``every`` is the length of a bucket, ``all_paths`` counts untracked
    endpoints too. Network statistics (status −1) are no requests and left out. No dimension has more values for an
    API and hour than ``caps`` say, beside the one that stands for the others.
    """
    short = shorten(shorten(frame, VALUE_FIELDS, caps.value_bytes), ("organisation", "api_id"), MAX_KEY_BYTES)
    hits = _with_metrics(short.filter(pl.col("status") != -1), every, all_paths)
    tagged = tags.join(hits, on="row", how="inner")
    sources = [(tagged if dimension is dimensions.TAG else hits, dimension) for dimension in dimensions.ALL]
    grouped = [rows for source, dimension in sources if (rows := _group(source, dimension)) is not None]
    rows = _with_histograms(pl.concat(grouped)).select(COLUMNS)
    return merge_capped(rows, caps.values, hour=pl.col("bucket").dt.truncate("1h"))


def countable_tags(flat: pl.DataFrame, ignored_prefixes: Sequence[str], caps: Caps) -> pl.DataFrame:
    """Tags as (row, tag), each once per record: trimmed, without keys and ignored prefixes, no longer than caps say."""
    unwanted = pl.any_horizontal(pl.col("tag").str.starts_with(prefix) for prefix in ("key-", *ignored_prefixes))
    kept = flat.filter(~unwanted).with_columns(pl.col("tag").str.strip_chars(" "))
    return shorten(kept.filter(pl.col("tag") != "").unique(), ["tag"], caps.value_bytes)


def shorten(frame: pl.DataFrame, names: Sequence[str], most: int) -> pl.DataFrame:
    """Values cut to so many bytes, with a digest at their end: different long ones stay different."""
    longest = frame.select(pl.col(names).str.len_bytes().max())
    long = [name for name in names if (longest[name][0] or 0) > most]
    shortened = pl.col(long).map_elements(partial(_shorten_value, most), return_dtype=pl.String)
    return frame.with_columns(shortened) if long else frame


def _shorten_value(most: int, value: str) -> str:
    data = value.encode()
    if len(data) <= most:
        return value
    return f"{data[: most - 20].decode(errors='ignore')}…{blake2b(data, digest_size=8).hexdigest()}"


def _with_metrics(hits: pl.DataFrame, every: str, all_paths: bool) -> pl.DataFrame:
    """Hits with what is summed: flags, the latency bucket, and latencies of answers that are no errors."""
    ok = pl.col("status") < 400
    return hits.select(
        *LABEL_FIELDS,
        *("row", "request_time", "latency", "upstream_latency"),
        bucket=pl.col("timestamp").dt.truncate(every),
        last_hit=pl.col("timestamp"),
        status=pl.col("status").cast(pl.String),
        successes=pl.col("status").is_between(200, 299).cast(pl.Int64),
        errors=(~ok).cast(pl.Int64),
        ok_latency=pl.when(ok).then("latency"),
        ok_upstream_latency=pl.when(ok).then("upstream_latency"),
        counted=pl.lit(value=True) if all_paths else pl.col("tracked"),
        latency_bucket=histogram_buckets(hits["latency"]),
    )


def histogram_buckets(latency: pl.Series) -> pl.Series:
    """The histogram bucket of each latency in milliseconds."""
    return (
        (_BOUNDS.search_sorted(latency, side="right").cast(pl.Int64) - 1).clip(lower_bound=0).rename("latency_bucket")
    )


def _group(hits: pl.DataFrame, dimension: Dimension) -> pl.DataFrame | None:
    """Rows of one dimension, with the latency buckets of their hits as a list; None when none has its fields."""
    fields = [field for field in (dimension.value, dimension.detail) if field]
    key = ["organisation", "bucket", *(["api_id"] if dimension.per_api else []), *fields]
    counted = [pl.col(field) != "" for field in fields]
    counted += [pl.col("counted")] if dimension.tracked else []
    counted += [pl.col("errors") > 0] if dimension.errors else []
    if counted and (hits := hits.filter(*counted)).is_empty():
        return None
    rows = hits.group_by(key).agg(*_METRICS, _name(dimension))
    empty = pl.lit("")
    return rows.select(
        "organisation",
        "bucket",
        pl.lit(dimension.code, dtype=pl.Int16).alias("dimension"),
        (pl.col("api_id") if dimension.per_api else empty).alias("api"),
        (pl.col(dimension.value) if dimension.value else empty).alias("value"),
        (pl.col(dimension.detail) if dimension.detail else empty).alias("detail"),
        *COLUMNS[len(KEY_COLUMNS) : -1],
        "latency_bucket",
    )


def _name(dimension: Dimension) -> pl.Expr:
    """The newest name that was told: refused requests often have none."""
    if not dimension.name:
        return pl.lit("").first().alias("name")
    named_at = pl.when(pl.col(dimension.name) != "").then("last_hit")
    return pl.col(dimension.name).get(named_at.arg_max()).fill_null("").alias("name")


_METRICS = (
    pl.len().cast(pl.Int64).alias("hits"),
    total(pl.col("successes", "errors", "request_time", "latency", "upstream_latency")),
    # Minima leave error answers out, unless there were no others.
    pl.col("ok_latency").min().fill_null(pl.col("latency").min()).alias("min_latency"),
    pl.col("latency").max().alias("max_latency"),
    pl.col("ok_upstream_latency").min().fill_null(pl.col("upstream_latency").min()).alias("min_upstream_latency"),
    pl.col("upstream_latency").max().alias("max_upstream_latency"),
    pl.col("last_hit").max(),
    pl.col("latency_bucket"),
)


def _with_histograms(rows: pl.DataFrame) -> pl.DataFrame:
    """The lists of latency buckets as histograms; most rows have one hit, and need no counting."""
    numbered = rows.with_row_index("number")
    several = numbered.filter(pl.col("hits") > 1).select("number", "latency_bucket").explode("latency_bucket")
    counts = several.group_by("number", "latency_bucket").agg(pl.len().alias("count")).sort("number", "latency_bucket")
    # Joined as lists: a text for each group on its own takes twice as long.
    pairs = counts.select("number", histogram=pl.concat_str("latency_bucket", pl.lit(":"), "count"))
    lists = pairs.group_by("number", maintain_order=True).agg("histogram")
    histograms = lists.with_columns(pl.col("histogram").list.join(" "))
    single = pl.concat_str(pl.col("latency_bucket").list.first(), pl.lit(":1"))
    joined = numbered.join(histograms, on="number", how="left")
    return joined.with_columns(pl.col("histogram").fill_null(single))
