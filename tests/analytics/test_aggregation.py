"""Requests counted by every dimension, compared with a count of one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.analytics import aggregation, dimensions, histogram
from apps.analytics.caps import MAX_KEY_BYTES
from tests.analytics import naive_aggregation
from tests.analytics.frames import NOON, aggregate_hits, hits, hits_frame, sums_by_key, tags_frame
from tests.analytics.naive_aggregation import Hit
from tests.analytics.stored_aggregates import Key
from tests.examples import examples

BY_CODE = {dimension.code: dimension for dimension in dimensions.ALL}


def test_the_dimensions_are_those_that_are_counted_by_hand_here() -> None:
    assert BY_CODE.keys() == naive_aggregation.DIMENSIONS.keys()
    assert len({dimension.slug for dimension in dimensions.ALL}) == len(dimensions.ALL) == 14


@settings(max_examples=examples(25))
@given(st.lists(hits, max_size=25))
def test_every_dimension_counts_as_one_by_one(given_hits: list[Hit]) -> None:
    assert sums_by_key(aggregate_hits(given_hits, "1mo")) == naive_aggregation.aggregate(given_hits)


@settings(max_examples=examples(25))
@given(st.lists(hits, max_size=25), st.sampled_from(["1m", "1h"]))
def test_every_hit_is_in_the_bucket_of_its_own_time(given_hits: list[Hit], every: str) -> None:
    cut = {"minute": 0, "second": 0, "microsecond": 0} if every == "1h" else {"second": 0, "microsecond": 0}
    buckets = {hit.timestamp.replace(**cut) for hit in given_hits if hit.status != -1}
    rows = aggregate_hits(given_hits, every)
    assert {bucket.replace(tzinfo=UTC) for bucket in rows["bucket"]} == buckets
    for bucket in buckets:
        inside = [hit for hit in given_hits if hit.timestamp.replace(**cut) == bucket]
        part = rows.filter(rows["bucket"] == bucket.replace(tzinfo=None))
        assert sums_by_key(part) == naive_aggregation.aggregate(inside)


@settings(max_examples=examples(25))
@given(st.lists(hits, max_size=20))
def test_all_paths_count_when_the_settings_say_so(given_hits: list[Hit]) -> None:
    found = sums_by_key(aggregate_hits(given_hits, "1mo", all_paths=True))
    assert found == naive_aggregation.aggregate([replace(hit, tracked=True) for hit in given_hits])


@settings(max_examples=examples(25))
@given(st.lists(st.integers(0, histogram.MAX_LATENCY), min_size=1, max_size=40))
def test_percentiles_of_an_aggregate_are_within_5_percent(latencies: list[int]) -> None:
    rows = sums_by_key(aggregate_hits([Hit(latency=latency) for latency in latencies]))
    counts = histogram.parse(rows[Key("org1", dimensions.OVERALL.code)].histogram)
    exact = [sorted(latencies)[max(1, -(-share * len(latencies) // 100)) - 1] for share in (50, 95, 99)]
    assert histogram.percentiles(counts, 0.5, 0.95, 0.99) == pytest.approx(exact, rel=0.05)


@settings(max_examples=examples(25))
@given(st.lists(st.integers(-10, 2 * histogram.MAX_LATENCY), min_size=1))
def test_marks_are_the_buckets_of_the_histogram(latencies: list[int]) -> None:
    frame = hits_frame([Hit(latency=latency) for latency in latencies])
    assert aggregation.histogram_buckets(frame["latency"]).to_list() == list(map(histogram.bucket_of, latencies))


def test_a_bound_is_the_first_latency_of_its_bucket() -> None:
    latencies = [latency for low in histogram.BOUNDS for latency in (low - 1, low)]
    found = aggregation.histogram_buckets(hits_frame([Hit(latency=latency) for latency in latencies])["latency"])
    assert found.to_list() == list(map(histogram.bucket_of, latencies))


def lowest(*given_hits: Hit) -> tuple[int, int]:
    found = sums_by_key(aggregate_hits(given_hits))[Key("org1", dimensions.OVERALL.code)]
    return found.min_latency, found.max_latency


def test_the_minimum_leaves_errors_out_unless_there_is_nothing_else() -> None:
    quick_error, slow_error = Hit(status=500, latency=1), Hit(status=404, latency=90)
    assert lowest(Hit(latency=10), quick_error, Hit(status=302, latency=7)) == (7, 10)
    assert lowest(quick_error, slow_error) == (1, 90)
    assert lowest(slow_error, Hit(latency=50)) == (50, 90)


def test_hits_of_one_and_three_hundred_are_neither_success_nor_error() -> None:
    found = sums_by_key(aggregate_hits([Hit(status=status) for status in (101, 200, 299, 302, 399, 0, 400, 599)]))
    overall = found[Key("org1", dimensions.OVERALL.code)]
    assert (overall.hits, overall.successes, overall.errors) == (8, 2, 2)


def test_network_statistics_count_nowhere() -> None:
    assert aggregate_hits([Hit(status=-1, key="k", tags=("a",), tracked=True)]).is_empty()


def test_nothing_counted_is_no_row() -> None:
    assert aggregate_hits([]).is_empty()


def test_the_worked_example_of_the_gateways_pump_counts_as_there() -> None:
    first = Hit(api_version="v1", key="k1", latency=10, upstream_latency=8, request_time=10)
    hour = timedelta(hours=2)
    tracked = {"tracked": True, "path": "/get", "oauth_client": "oa", "country": "GB", "tags": (" a.b ", "key.x")}
    given_hits = [
        first,
        replace(first, status=500, latency=2, request_time=2, **tracked),
        replace(first, status=302, latency=4, request_time=4, timestamp=first.timestamp + hour),
        replace(first, status=404, latency=1, request_time=1, key=""),
        replace(first, status=418, latency=1, request_time=1),
        replace(first, status=-1, key=""),
    ]
    found = sums_by_key(aggregate_hits(given_hits, "1d"))
    short = {key[1:]: (one.hits, one.successes, one.errors) for key, one in found.items()}
    assert short[0, "", "", ""] == short[1, "api1", "", ""] == short[2, "api1", "v1", ""] == (5, 1, 3)
    assert short[5, "api1", "k1", ""] == (4, 1, 2)
    once = [(3, "/get", "GET"), (6, "k1", "/get"), (7, "k1", "418"), (9, "oa", "/get"), (11, "GB", "")]
    once += [(12, "a.b", ""), (12, "key.x", "")]
    assert all(short[code, "api1", value, detail] == (1, 0, 1) for code, value, detail in once)
    overall = found[Key("org1", 0)]
    assert (overall.request_time, overall.min_latency, overall.max_latency) == (18, 4, 10)
    assert overall.last_hit == first.timestamp + hour


def test_a_tag_counts_once_per_request_trimmed_and_unless_ignored() -> None:
    tags = ("a", " a ", "a", "key-1", " key-2", "pol-1", "", "  ", "a.b")
    found = tags_frame([Hit(tags=tags)], ["pol-"])
    assert sorted(found["tag"]) == ["a", "a.b", "key-2"]
    assert sorted(tags_frame([Hit(tags=tags)])["tag"]) == ["a", "a.b", "key-2", "pol-1"]


def test_names_are_those_the_records_had_unless_empty() -> None:
    given_hits = [Hit(api_name="Old", key="k", alias="Ann"), Hit(key="k", latency=900)]
    names = {(row["dimension"], row["name"]) for row in aggregate_hits(given_hits).iter_rows(named=True)}
    assert {(1, "Old"), (5, "Ann"), (0, ""), (4, "")} <= names
    assert {code for code, name in names if name} == {1, 5}


def test_the_newest_name_of_a_bucket_counts() -> None:
    later = NOON + timedelta(seconds=40)
    given_hits = [
        Hit(api_name="New", timestamp=later, latency=5),
        Hit(api_name="Old", timestamp=NOON, latency=900),
        Hit(api_name="", timestamp=later + timedelta(seconds=1), latency=5),
    ]
    for order in (given_hits, given_hits[::-1]):
        (name,) = {row["name"] for row in aggregate_hits(order).iter_rows(named=True) if row["dimension"] == 1}
        assert name == "New"


@pytest.mark.parametrize("text", ["x" * 3000, "é" * 1500, "🙂" * 700], ids=["one byte", "two", "four"])
def test_long_values_are_cut_within_characters_and_stay_apart(text: str) -> None:
    given_hits = [Hit(key=text + end, path=text + end, tracked=True, api_id=text + end) for end in "ab"]
    rows = aggregate_hits(given_hits)
    assert max(rows["value"].str.len_bytes().max(), rows["api"].str.len_bytes().max()) <= MAX_KEY_BYTES  # type: ignore[type-var]
    assert rows.filter(rows["dimension"] == 5)["value"].n_unique() == 2
    assert rows.filter(rows["dimension"] == 1)["api"].n_unique() == 2


def test_values_of_the_longest_length_are_kept_whole() -> None:
    rows = aggregate_hits([Hit(key="k" * MAX_KEY_BYTES)])
    assert rows.filter(rows["dimension"] == 5)["value"].to_list() == ["k" * MAX_KEY_BYTES]


def test_a_bucket_is_utc() -> None:
    before = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    rows = aggregate_hits([Hit(timestamp=before), Hit(timestamp=before + timedelta(microseconds=1))], "1h")
    hours = rows.filter(rows["dimension"] == 0)["bucket"].sort().to_list()
    assert [hour.hour for hour in hours] == [0, 1]
