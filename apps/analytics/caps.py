"""How much of what gateways send may become a value of a dimension, and what stands for the rest. Pure.

A client chooses paths, keys and tags, so nothing else bounds how many different ones there are. What is beyond a cap
costs nobody a figure: requests of rare values are counted together, under :data:`OTHER`, and sums stay exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from django.conf import settings

from . import aggregate_rows, dimensions

#: The value of the rows that count what is rare. No record has it: the pump writes it otherwise.
OTHER = "⟨other⟩"
#: Bytes of the longest text in a key of the aggregates: an index entry holds 2,704 at most.
MAX_KEY_BYTES = 1_000
#: The least that the cap on the length of values may be set to: shorter values are never cut, whatever it was.
LEAST_VALUE_BYTES = 100

#: What :func:`other_hits` gives when there are none.
NO_HITS = pl.DataFrame(schema={"organisation": pl.String, "hour": pl.Datetime("us"), "count": pl.Int64})
_GROUP = ("organisation", "hour", "dimension", "api")
# Status codes are a few hundred at most.
_CAPPED = [dimension.code for dimension in dimensions.ALL if dimension.value not in ("", "status")]


@dataclass(frozen=True, slots=True)
class Caps:
    """Tags kept of a record, bytes of a value, and values of a dimension counted apart for an API and hour."""

    tags: int = 100
    value_bytes: int = MAX_KEY_BYTES
    values: int = 10_000


def current_caps() -> Caps:
    """The caps of the settings."""
    return Caps(settings.PUMP_MAX_TAGS, settings.PUMP_MAX_VALUE_BYTES, settings.PUMP_MAX_VALUES)


def merge_capped(merged: pl.DataFrame, limit: int, *, hour: str | pl.Expr = "bucket") -> pl.DataFrame:
    """Rows that are one per key, with one more per bucket, dimension and API for what is beyond the limit."""
    capped = name_rare_other(merged, limit, hour=hour)
    return merged if capped is merged else aggregate_rows.merge(capped)


def name_rare_other(rows: pl.DataFrame, limit: int, *, hour: str | pl.Expr = "bucket") -> pl.DataFrame:
    """The same rows, with :data:`OTHER` for all values but the ``limit`` most frequent of a dimension, API and hour.

    Of equally frequent ones those stay that come first in order. Rows that are not ``pending``, where there is such a
    column, keep their values and go before others: they are counted in coarser levels already. ``hour`` tells the hour
    of a row. Rows are not merged; what is within the limit is returned as it came.
    """
    counted = rows.filter(pl.col("dimension").is_in(_CAPPED))
    if counted.height <= limit:
        return rows
    # Most groups have few rows, and so few values: these are not looked at.
    groups = counted.group_by("organisation", "dimension", "api", hour=hour).len().filter(pl.col("len") > limit)
    if groups.is_empty():
        return rows
    named = rows.with_columns(hour=hour)
    rare = _rare_values(named.join(groups, on=_GROUP, how="semi"), limit)
    if rare.is_empty():
        return rows
    keys = [*_GROUP, "value", "detail"]
    marked = named.join(rare.select(*keys, is_rare=True), on=keys, how="left", maintain_order="left")
    others = {"value": OTHER, "detail": "", "name": ""}
    renamed = (pl.when("is_rare").then(pl.lit(text)).otherwise(name).alias(name) for name, text in others.items())
    return marked.with_columns(renamed).select(rows.columns)


def _rare_values(rows: pl.DataFrame, limit: int) -> pl.DataFrame:
    settled = pl.col("pending") == "f" if "pending" in rows.columns else pl.lit(value=False)
    values = (
        rows.filter(pl.col("value") != OTHER)
        .group_by(*_GROUP, "value", "detail")
        .agg(pl.col("hits").sum(), settled=settled.any())
    )
    first_come = values.sort("settled", "hits", "value", "detail", descending=[True, True, False, False])
    return first_come.filter(pl.int_range(pl.len()).over(_GROUP) >= limit, ~pl.col("settled"))


def other_hits(rows: pl.DataFrame, *, hour: str | pl.Expr = "bucket") -> pl.DataFrame:
    """Requests that rows count under :data:`OTHER`, once for each dimension, by organisation and hour."""
    others = rows.filter(pl.col("value") == OTHER)
    return others.group_by("organisation", hour=hour).agg(count=pl.col("hits").sum())
