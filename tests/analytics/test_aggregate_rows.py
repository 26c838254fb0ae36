"""Aggregate rows outside the database: merging changes no sum, in whatever order, and files keep every text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.analytics import aggregate_rows
from apps.analytics.histogram import merge
from apps.analytics.pg_copy import copy_in, copy_out, write_csv
from tests.analytics.frames import aggregate_hits, hits, sums_by_key
from tests.analytics.naive_aggregation import Hit
from tests.examples import examples

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERY_KIND = ["a\nb", 'a"b', "a,b", r"\.", "\n\\.\n", r"\N", "", "\r\n", "é🙂", "'", "\t", " ", '"', '""', "NULL", "\\"]


def row(**changes: Any) -> dict[str, Any]:
    """One row of one hit."""
    counted = dict.fromkeys(aggregate_rows.COLUMNS, 1) | dict.fromkeys(("api", "value", "detail", "name"), "")
    texts = {"organisation": "org1", "bucket": "2026-11-21 12:00:00+00", "last_hit": "2026-11-21 12:30:00+00"}
    return counted | texts | {"successes": 1, "errors": 0, "histogram": "1:1"} | changes


def frame(*given: dict[str, Any]) -> pl.DataFrame:
    """Rows as they are read from the database."""
    texts = [name for name in aggregate_rows.COLUMNS if isinstance(row()[name], str)]
    return pl.DataFrame(
        given, schema={name: pl.String if name in texts else pl.Int64 for name in aggregate_rows.COLUMNS}
    )


def merged(*given: dict[str, Any]) -> list[dict[str, Any]]:
    return normal(aggregate_rows.merge(frame(*given)))


def normal(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame so that equal ones are equal: in order, histograms with each bucket once."""
    return [one | {"histogram": merge([one["histogram"]])} for one in frame.sort(aggregate_rows.KEY_COLUMNS).to_dicts()]


small = st.integers(0, 50)
moments = st.integers(0, 59).map(lambda second: f"2026-11-21 12:30:{second:02}+00")
several = st.lists(
    st.builds(
        lambda value, name, count, errors, low, last: row(
            value=value,
            name=name,
            hits=count,
            errors=min(errors, count),
            min_latency=low,
            max_latency=low + 5,
            last_hit=last,
            histogram=f"{low}:{count}",
        ),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["One", "Two"]),
        st.integers(1, 4),
        st.integers(0, 4),
        small,
        moments,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(25))
@given(several, st.randoms())
def test_the_order_of_rows_does_not_matter(given_rows: list[dict[str, Any]], random: Any) -> None:
    shuffled = random.sample(given_rows, len(given_rows))
    assert merged(*given_rows) == merged(*shuffled)


@settings(max_examples=examples(25))
@given(several, st.data())
def test_merging_in_steps_is_merging_at_once(given_rows: list[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(given_rows)))
    parts = [aggregate_rows.merge(frame(*part)) for part in (given_rows[:at], given_rows[at:])]
    assert normal(aggregate_rows.merge(pl.concat(parts))) == normal(aggregate_rows.merge(frame(*given_rows)))


@settings(max_examples=examples(25))
@given(st.lists(st.lists(hits, max_size=8), min_size=1, max_size=4))
def test_merged_slices_are_what_one_slice_would_have_been(slices: list[list[Hit]]) -> None:
    parts = [aggregate_hits(one, "1mo") for one in slices]
    together = reduce(lambda one, other: aggregate_rows.merge(pl.concat([one, other])), parts)
    assert sums_by_key(together) == sums_by_key(aggregate_hits([hit for one in slices for hit in one], "1mo"))


def test_merging_nothing_is_nothing() -> None:
    assert merged() == []
    assert merged(row()) == [row()]
    assert aggregate_rows.EMPTY.columns == list(aggregate_rows.COLUMNS)
    assert aggregate_rows.merge(aggregate_rows.EMPTY).is_empty()


def test_rows_of_different_keys_stay_apart() -> None:
    changes = [{"organisation": "org2"}, {"bucket": "2026-11-21 13:00:00+00"}, {"dimension": 2}, {"api": "a"}]
    given_rows = [row(**change) for change in (*changes, {"value": "a"}, {"detail": "a"}, {})]
    assert len(merged(*given_rows)) == 7
    assert len(merged(*given_rows, *given_rows)) == 7


def test_sums_minima_maxima_and_histograms_are_merged() -> None:
    (found,) = merged(
        row(hits=3, errors=1, latency=30, min_latency=5, max_latency=20, histogram="5:2 20:1"),
        row(hits=1, errors=1, latency=2, min_latency=2, max_latency=2, histogram="2:1"),
        row(hits=2, errors=0, latency=40, min_latency=9, max_latency=31, histogram="9:1 20:1"),
    )
    assert (found["hits"], found["errors"], found["latency"]) == (6, 2, 72)
    assert (found["min_latency"], found["max_latency"]) == (5, 31)
    assert found["histogram"] == "2:1 5:2 9:1 20:2"


def test_a_histogram_stays_short_however_often_it_is_merged() -> None:
    found = reduce(
        lambda one, other: aggregate_rows.merge(pl.concat([one, other])), [frame(row(histogram="7:1 8:2"))] * 500
    )
    (histogram,) = found["histogram"]
    assert len(histogram) < 100
    assert merge([histogram]) == "7:500 8:1000"


def test_a_minimum_of_errors_counts_where_there_is_no_other() -> None:
    (found,) = merged(row(errors=1, min_latency=7), row(errors=1, min_latency=4))
    assert found["min_latency"] == 4


def test_what_adds_up_to_more_than_a_column_holds_stays_the_largest() -> None:
    (found,) = merged(*[row(latency=2**62, request_time=2**63 - 1, upstream_latency=-(2**62))] * 4)
    assert (found["latency"], found["request_time"]) == (2**63 - 1, 2**63 - 1)
    assert found["upstream_latency"] == -(2**63) + 1
    assert found["hits"] == 4


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (("Old", "12:00:01"), ("New", "12:00:02"), "New"),
        (("New", "12:00:02"), ("Old", "12:00:01"), "New"),
        (("Told", "12:00:01"), ("", "12:00:02"), "Told"),
        (("", "12:00:01"), ("", "12:00:02"), ""),
        (("Old", "12:00:01"), ("New", "12:00:01.5"), "New"),
        (("New", "12:00:01.25"), ("Old", "12:00:01.2"), "New"),
        (("A", "12:00:01"), ("B", "12:00:01"), "B"),
        (("B", "12:00:01"), ("A", "12:00:01"), "B"),
    ],
)
def test_the_newest_name_that_is_none_stays(first: tuple[str, str], second: tuple[str, str], name: str) -> None:
    times = [row(name=text, last_hit=f"2026-11-21 {time}+00") for text, time in (first, second)]
    (found,) = merged(*times)
    assert (found["name"], found["last_hit"]) == (name, max(one["last_hit"] for one in times))


def csv_of(frame: pl.DataFrame) -> BytesIO:
    file = write_csv(frame)
    file.seek(0)
    return file


def test_what_is_written_is_what_is_read() -> None:
    written = frame(*(row(value=text, name=text, detail=text) for text in EVERY_KIND))
    assert aggregate_rows.read_csv(csv_of(written)).equals(written)
    assert aggregate_rows.read_csv(BytesIO()).equals(frame())


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=30))
def test_texts_of_all_kinds_are_read_as_they_were_written(texts: list[str]) -> None:
    written = frame(*(row(value=text) for text in texts))
    assert aggregate_rows.read_csv(csv_of(written)).equals(written)


@pytest.mark.django_db
def test_what_goes_through_postgresql_comes_back(settings: Any) -> None:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    bucket = f"{day - timedelta(days=1):%Y-%m-%d %H:%M:%S}+00"
    # Many and long, so that whoever reads them in parts has to cut inside a text.
    texts = [f"{text}{number}" * 9 for number in range(1_500) for text in EVERY_KIND]
    written = frame(*(row(value=text, name=text, bucket=bucket) for text in texts))
    copy_in(
        "analytics_hour",
        [*aggregate_rows.COLUMNS, "pending"],
        write_csv(written.with_columns(pending=pl.lit("f"))),
    )
    read = aggregate_rows.read_csv(
        copy_out(f"SELECT {', '.join(aggregate_rows.COLUMNS)} FROM analytics_hour WHERE hits = %s", [1])
    )
    assert read.sort("value").equals(written.sort("value"))


@pytest.mark.django_db
def test_nothing_copied_is_nothing() -> None:
    assert copy_in("analytics_hour", ["hits"], BytesIO()) == 0
    assert copy_out("SELECT 1 WHERE %s", [False]).getvalue() == b""


@pytest.mark.django_db
def test_a_query_that_is_copied_takes_its_values_as_values() -> None:
    odd = "'; DROP TABLE analytics_hour; -- %s \\"
    assert copy_out("SELECT %s::text", [odd]).getvalue().decode() == f"{odd}\n"
