"""What of a record is beyond the caps on tags and on the length of values. Pure."""

from __future__ import annotations

import numpy as np
import polars as pl

from apps.analytics.aggregation import VALUE_FIELDS
from apps.analytics.caps import Caps


def cap_tags(tags: pl.DataFrame, most: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first tags of each record, and the ``row`` of each other one. Tags are (row, tag), sorted by row."""
    rows = tags["row"].to_numpy()
    # In order of rows, a tag is beyond the cap when the one so many before it is of the same record.
    is_beyond = np.zeros(len(rows), np.bool_)
    is_beyond[most:] = rows[most:] == rows[:-most]
    beyond = pl.Series(is_beyond)
    return (tags.filter(~beyond), tags.filter(beyond).select("row")) if is_beyond.any() else (tags, tags[:0, :1])


def cut_texts(records: pl.DataFrame, tags: pl.DataFrame, caps: Caps) -> pl.DataFrame:
    """The ``row`` of each text of records, and of each tag, that is longer than what it is counted by."""
    columns = [*(records.select("row", text=name) for name in VALUE_FIELDS), tags.select("row", text="tag")]
    return pl.concat([one.filter(pl.col("text").str.len_bytes() > caps.value_bytes).select("row") for one in columns])
