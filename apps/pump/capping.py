"""What of a record is beyond the caps on tags and on the length of values. Pure."""

from __future__ import annotations

from collections.abc import Sequence

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
    found = [_cut(records, VALUE_FIELDS, caps.value_bytes), _cut(tags, ["tag"], caps.value_bytes)]
    return pl.concat(found)


def _cut(frame: pl.DataFrame, names: Sequence[str], most: int) -> pl.DataFrame:
    longest = frame.select(pl.col(names).str.len_bytes().max())
    long = [name for name in names if (longest[name][0] or 0) > most]
    rows = [frame.filter(pl.col(name).str.len_bytes() > most).select("row") for name in long]
    return pl.concat([frame[:0].select("row"), *rows])
