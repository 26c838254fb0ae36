"""Percentiles within 5 % of the truth, from text that PostgreSQL merges by joining it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import histogram
from apps.analytics.histogram import (
    BOUNDS,
    MAX_LATENCY,
    VALUES,
    bucket_of,
    from_values,
    merge,
    parse,
    percentiles,
    render,
)

ERROR = 0.05
latencies = st.lists(st.integers(0, MAX_LATENCY), max_size=60)
texts = st.dictionaries(st.integers(0, len(BOUNDS) - 1), st.integers(1, 10**12), max_size=8).map(render)


def error_of(latency: int) -> float:
    """How far the answer for one latency is from it, as a share of it."""
    return abs(VALUES[bucket_of(latency)] - latency) / (latency or 1)


def nearest_rank(values: list[int], share: float) -> int:
    """The definition: the smallest value that at least that share of the values do not exceed."""
    return sorted(values)[max(1, ceil(round(share * len(values), 6))) - 1]


def test_every_latency_up_to_100_seconds_is_within_the_bound() -> None:
    assert max(map(error_of, range(100_000))) <= ERROR


def test_latencies_up_to_a_day_are_within_the_bound() -> None:
    edges = [edge for low, high in pairwise(BOUNDS) for edge in (low, high - 1)]
    assert max(map(error_of, [*edges, *range(100_000, MAX_LATENCY, 9_973), MAX_LATENCY])) <= ERROR


def test_small_latencies_are_exact() -> None:
    assert [VALUES[bucket_of(latency)] for latency in range(10)] == list(range(10))


def test_buckets_leave_no_gap_and_do_not_overlap() -> None:
    assert BOUNDS[0] == 0
    assert all(low < high for low, high in pairwise(BOUNDS))
    assert all(bucket_of(low) == number == bucket_of(high - 1) for number, (low, high) in enumerate(pairwise(BOUNDS)))


def test_impossible_latencies_have_a_bucket() -> None:
    assert bucket_of(-5) == bucket_of(0) == 0
    assert bucket_of(BOUNDS[-1]) == bucket_of(2**62) == len(BOUNDS) - 1
    assert BOUNDS[-1] > MAX_LATENCY


@given(latencies.filter(bool), st.sampled_from([0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_percentiles_are_within_the_bound_of_nearest_rank(values: list[int], share: float) -> None:
    (found,) = percentiles(parse(from_values(values)), share)
    assert found == pytest.approx(nearest_rank(values, share), rel=ERROR)


def test_percentiles_take_the_nearest_rank_without_rounding_up() -> None:
    values = list(range(20))
    assert percentiles(parse(from_values(values)), 0.05, 0.5, 0.95, 1.0) == pytest.approx([0, 9, 18, 19], rel=ERROR)


def test_nothing_counted_has_no_percentile() -> None:
    assert percentiles({}, 0.5, 0.95) == [None, None]
    assert percentiles(parse(""), 0.5) == [None]


@given(latencies)
def test_the_text_holds_every_latency(values: list[int]) -> None:
    assert parse(from_values(values)) == Counter(map(bucket_of, values))
    assert render(parse(from_values(values))) == from_values(values)


def test_the_text_is_pairs_in_order_of_the_buckets() -> None:
    assert from_values([300, 0, 0, 7]) == f"0:2 7:1 {bucket_of(300)}:1"
    assert from_values([]) == ""
    assert render({4: 0, 2: 1}) == "2:1"


@given(texts, texts)
def test_merging_is_commutative(one: str, other: str) -> None:
    assert merge([one, other]) == merge([other, one])


@given(texts, texts, texts)
def test_merging_is_associative(one: str, two: str, three: str) -> None:
    assert merge([merge([one, two]), three]) == merge([one, merge([two, three])]) == merge([one, two, three])


@given(st.lists(latencies, max_size=4))
def test_merging_is_counting_together(groups: list[list[int]]) -> None:
    assert merge(map(from_values, groups)) == from_values([value for group in groups for value in group])


@given(st.lists(texts, max_size=4))
def test_a_text_may_hold_a_bucket_several_times(given: list[str]) -> None:
    joined = " ".join(given)
    assert parse(joined) == sum(map(parse, given), Counter())
    assert merge([joined]) == merge(given)


def test_a_rank_beyond_what_was_counted_is_no_answer() -> None:
    with pytest.raises(ValueError, match="rank 3 is beyond the 2 values counted"):
        histogram._at_rank({1: 2}, 3)
