"""Hits as the frames that are counted, and aggregate rows as sums that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from apps.analytics import aggregation, histogram
from apps.analytics.caps import Caps
from tests.analytics.naive_aggregation import Hit
from tests.analytics.stored_aggregates import Key, Sums

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_few = st.sampled_from
#: Requests of few values each, so that many share their keys.
hits = st.builds(
    Hit,
    organisation=_few(["org1", "org2", ""]),
    timestamp=st.integers(0, 7_200_000_000).map(lambda microseconds: NOON + timedelta(microseconds=microseconds)),
    api_id=_few(["", "a", "b"]),
    api_name=_few(["", "One"]),
    api_version=_few(["", "v1"]),
    method=_few(["GET", "POST"]),
    path=_few(["", "/x", "/y\n\"'"]),
    status=_few([-1, 0, 101, 200, 204, 299, 302, 399, 400, 404, 500]),
    key=_few(["", "k1", "k2"]),
    alias=_few(["", "Ann"]),
    oauth_client=_few(["", "c"]),
    country=_few(["", "GB"]),
    request_time=st.integers(0, 5),
    latency=st.integers(0, 4000),
    upstream_latency=st.integers(0, 4000),
    tracked=st.booleans(),
    tags=st.lists(_few(["a", " a ", "a.b", "key-x", " key-x", "", " ", "dev-1"]), max_size=3).map(tuple),
).map(lambda hit: replace(hit, request_time=min(hit.request_time, hit.latency)))


def hits_frame(given: Sequence[Hit]) -> pl.DataFrame:
    """The frame of some hits."""
    columns: dict[str, list[Any]] = {name: [] for name in Hit.__dataclass_fields__ if name != "tags"}
    for hit in given:
        for name in columns:
            columns[name].append(getattr(hit, name))
    texts = dict.fromkeys(aggregation.LABEL_FIELDS, pl.String)
    numbers = dict.fromkeys(("status", "request_time", "latency", "upstream_latency"), pl.Int64)
    columns["timestamp"] = [moment.replace(tzinfo=None) for moment in columns["timestamp"]]
    schema = texts | numbers | {"tracked": pl.Boolean, "timestamp": pl.Datetime("us")}
    return pl.DataFrame(columns, schema_overrides=schema).with_row_index("row")


def tags_frame(given: Sequence[Hit], ignored: Sequence[str] = ()) -> pl.DataFrame:
    """Their tags that count."""
    flat = [(row, tag) for row, hit in enumerate(given) for tag in hit.tags]
    frame = pl.DataFrame(flat, schema={"row": pl.UInt32, "tag": pl.String}, orient="row")
    return aggregation.countable_tags(frame, ignored, Caps())


def aggregate_hits(given: Sequence[Hit], every: str = "1m", caps: Caps | None = None, **options: Any) -> pl.DataFrame:
    """Their aggregate rows."""
    return aggregation.aggregate(hits_frame(given), tags_frame(given), caps=caps or Caps(), every=every, **options)


def sums_by_key(rows: pl.DataFrame) -> dict[Key, Sums]:
    """Aggregate rows, one per key, as sums by key."""
    found = {}
    for row in rows.iter_rows(named=True):
        key = Key(row["organisation"], row["dimension"], row["api"], row["value"], row["detail"])
        assert key not in found
        values = {name: row[name] for name in Sums._fields}
        values |= {"histogram": histogram.merge([row["histogram"]]), "last_hit": row["last_hit"].replace(tzinfo=UTC)}
        found[key] = Sums(**values)
    return found
