"""Aggregate rows outside the database: read from COPY, merged, written back. Pure.

Rows are additive, so merging is a group by. Histograms are joined, and taken apart only when they
have become long.
"""

from __future__ import annotations

from io import BytesIO

import polars as pl

KEY_COLUMNS = ("organisation", "bucket", "dimension", "api", "value", "detail")
_SUMS = ("hits", "successes", "errors", "request_time", "latency", "upstream_latency")
#: The columns that rows of every level share, in the order of the tables.
COLUMNS = (
    *KEY_COLUMNS,
    "name",
    *_SUMS,
    "min_latency",
    "max_latency",
    "min_upstream_latency",
    "max_upstream_latency",
    "last_hit",
    "histogram",
)
#: Bytes of a histogram that is not worth to be taken apart: some ten pairs.
_SHORT_HISTOGRAM = 60
# Times stay the text PostgreSQL writes: it orders as the times do.
_TEXTS = {"organisation", "bucket", "api", "value", "detail", "name", "last_hit", "histogram"}
_SCHEMA = {name: pl.String if name in _TEXTS else pl.Int64 for name in COLUMNS} | {"pending": pl.String}
#: The largest number that a column holds.
_LARGEST = 2**63 - 1
#: A frame of rows that has none.
EMPTY = pl.DataFrame(schema={name: _SCHEMA[name] for name in COLUMNS})


def read_csv(csv: BytesIO, columns: tuple[str, ...] = COLUMNS) -> pl.DataFrame:
    """Rows from the CSV that COPY wrote."""
    schema = {name: _SCHEMA[name] for name in columns}
    if not csv.getbuffer():
        return pl.DataFrame(schema=schema)
    return pl.read_csv(csv, has_header=False, schema=schema, empty_string_is_null=False)


def total(values: pl.Expr) -> pl.Expr:
    """The sum of whole numbers; one that is too large for its column stays the largest, and never turns negative."""
    return values.cast(pl.Int128).sum().clip(-_LARGEST, _LARGEST).cast(pl.Int64)


def merge(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key; what each column means is kept by every merge."""
    shared = pl.len().over(KEY_COLUMNS) > 1
    several = rows.filter(shared)
    if several.is_empty():
        return rows.select(COLUMNS)
    joined = _with_short_histograms(_metrics(several))
    return pl.concat([rows.filter(~shared).select(COLUMNS), joined.select(COLUMNS)])


def _metrics(rows: pl.DataFrame) -> pl.DataFrame:
    metrics = (
        rows.group_by(KEY_COLUMNS)
        .agg(
            total(pl.col(_SUMS)),
            _min_without_errors("min_latency"),
            pl.col("max_latency").max(),
            _min_without_errors("min_upstream_latency"),
            pl.col("max_upstream_latency", "last_hit").max(),
            "histogram",
        )
        .with_columns(pl.col("histogram").list.join(" "))
    )
    # The newest name; of several at one time always the same one, in whatever order they come.
    named = rows.filter(pl.col("name") != "").sort("last_hit", "name")
    names = named.group_by(KEY_COLUMNS, maintain_order=True).agg(pl.col("name").last())
    return metrics.join(names, on=KEY_COLUMNS, how="left", nulls_equal=True).with_columns(pl.col("name").fill_null(""))


def _min_without_errors(name: str) -> pl.Expr:
    """A minimum leaves error answers out, unless there were no others."""
    ok = pl.col(name).filter(pl.col("errors") < pl.col("hits"))
    return ok.min().fill_null(pl.col(name).min())


def _with_short_histograms(rows: pl.DataFrame) -> pl.DataFrame:
    """Histograms with each bucket once, where they are long: in short ones a bucket may stay in several pairs."""
    numbered = rows.with_row_index("number")
    pairs = (
        numbered.filter(pl.col("histogram").str.len_bytes() > _SHORT_HISTOGRAM)
        .select("number", pl.col("histogram").str.split(" "))
        .explode("histogram")
    )
    parts = pl.col("histogram").str.split_exact(":", 1)
    counts = pairs.select(
        "number",
        latency_bucket=parts.struct.field("field_0").cast(pl.Int64),
        count=parts.struct.field("field_1").cast(pl.Int64),
    )
    summed = counts.group_by("number", "latency_bucket").agg(pl.col("count").sum()).sort("number", "latency_bucket")
    pairs = summed.select("number", short=pl.concat_str("latency_bucket", pl.lit(":"), "count"))
    lists = pairs.group_by("number", maintain_order=True).agg("short")
    short = lists.with_columns(pl.col("short").list.join(" "))
    return numbered.join(short, on="number", how="left").with_columns(histogram=pl.coalesce("short", "histogram"))
