"""Caps on values: what is rare is counted together, the sums stay exact, and nothing is mistaken for it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.analytics import dimensions, queries
from apps.analytics.caps import OTHER, Caps
from apps.analytics.models import ClosedHour, DayAggregate, HourAggregate, LedgerEntry
from apps.analytics.queries import LogFilters, TrafficFilters, Window
from apps.analytics.reconciliation import reconcile_closed_hours
from apps.analytics.rollup import fold, roll_up
from apps.core.tenancy import Scope
from tests.analytics.frames import aggregate_hits
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import TODAY, store_hits
from tests.examples import examples

TEN = TODAY + timedelta(hours=10)
SCOPE = Scope(organisation="org1")
HOUR = Window(TEN, TEN + timedelta(hours=1))
SUMS = ("hits", "successes", "errors", "request_time", "latency", "upstream_latency")


def hits_of(keys: dict[str, int], **fields: Any) -> list[Hit]:
    """So many hits of each key."""
    return [Hit(timestamp=TEN, key=key, **fields) for key, times in keys.items() for _ in range(times)]


def values(rows: pl.DataFrame, dimension: dimensions.Dimension) -> dict[str, int]:
    """Hits of a dimension by value."""
    found = rows.filter(pl.col("dimension") == dimension.code)
    return dict(found.group_by("value").agg(pl.col("hits").sum()).iter_rows())


def test_the_most_frequent_values_stay() -> None:
    rows = aggregate_hits(hits_of({"often": 3, "b": 1, "a": 1, "c": 1}), caps=Caps(values=2))
    assert values(rows, dimensions.KEY) == {"often": 3, "a": 1, OTHER: 2}


def test_values_are_capped_by_api_and_hour() -> None:
    given_hits = [
        Hit(timestamp=TEN + timedelta(minutes=minute), api_id=api, key=f"{api} {minute}")
        for api in ("one", "two")
        for minute in (0, 1, 61)
    ]
    rows = aggregate_hits(given_hits, caps=Caps(values=1))
    assert values(rows, dimensions.KEY) == {"one 0": 1, "one 61": 1, "two 0": 1, "two 61": 1, OTHER: 2}


_hits = st.builds(
    Hit,
    timestamp=st.sampled_from([TEN, TEN + timedelta(minutes=1), TEN + timedelta(hours=1)]),
    **{name: st.sampled_from(["", "a", "b", "c", "other"]) for name in ("key", "path", "oauth_client", "country")},
    status=st.sampled_from([200, 404, 500]),
    latency=st.integers(0, 9),
    tracked=st.booleans(),
    tags=st.lists(st.sampled_from("abcde"), max_size=4).map(tuple),
)


@settings(max_examples=examples(50))
@given(st.lists(_hits, min_size=1, max_size=30), st.integers(1, 4))
def test_sums_are_exact_whatever_is_capped(given_hits: list[Hit], limit: int) -> None:
    group = ["dimension", "api", pl.col("bucket").dt.truncate("1h").alias("hour")]
    capped, whole = aggregate_hits(given_hits, caps=Caps(values=limit)), aggregate_hits(given_hits)
    sums, expected = (rows.group_by(group).agg(pl.col(*SUMS).sum()).rows() for rows in (capped, whole))
    assert sorted(sums) == sorted(expected)
    named = capped.filter(pl.col("value") != OTHER, ~pl.col("dimension").is_in([4, 13]))
    apart = named.group_by(group).agg(pl.struct("value", "detail").n_unique().alias("values"))
    assert max(apart["values"].to_list(), default=0) <= limit


@pytest.fixture
def _half_past_twelve(time_machine: Any) -> None:
    time_machine.move_to(TODAY + timedelta(hours=12, minutes=30), tick=False)


def stored(model: type[HourAggregate | DayAggregate]) -> dict[str, int]:
    """Hits by key of a level."""
    rows = model.objects.filter(dimension=dimensions.KEY.code).values_list("value", "hits")
    found: dict[str, int] = defaultdict(int)
    for value, hits in rows:
        found[value] += hits
    return dict(found)


def other_hits() -> tuple[int, int]:
    """What the ledger says is counted under rare values, and what the hours say."""
    ledger = LedgerEntry.objects.aggregate(sum=Sum("other_hits"))["sum"] or 0
    return ledger, HourAggregate.objects.filter(value=OTHER).aggregate(sum=Sum("hits"))["sum"] or 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_half_past_twelve")
class TestHours:
    """Several slices of an hour, each within the cap, that are beyond it together."""

    @pytest.fixture(autouse=True)
    def _two_values(self, settings: Any) -> None:
        settings.PUMP_MAX_VALUES = 2

    def test_a_closed_hour_is_within_the_cap(self) -> None:
        for number, keys in enumerate(({"a": 3, "b": 1}, {"a": 1, "c": 2}, {"d": 1, "e": 1, "f": 1})):
            store_hits(hits_of(keys), number * 10)
            fold()
        roll_up()
        assert stored(HourAggregate) == stored(DayAggregate) == {"a": 4, "c": 2, OTHER: 4}
        assert other_hits() == (4, 4)

    def test_one_fold_is_within_the_cap(self) -> None:
        store_hits(hits_of({"a": 3, "b": 1}))
        store_hits(hits_of({"c": 2}), 10)
        fold()
        assert stored(HourAggregate) == {"a": 3, "c": 2, OTHER: 1}
        assert other_hits() == (1, 1)

    def test_values_of_a_closed_hour_stay_when_late_ones_are_more_frequent(self) -> None:
        store_hits(hits_of({"a": 1, "b": 1}))
        roll_up_all()
        store_hits(hits_of({"late": 9, "b": 1}), 20)
        roll_up_all()
        assert stored(HourAggregate) == stored(DayAggregate) == {"a": 1, "b": 2, OTHER: 9}
        assert other_hits() == (9, 9)

    def test_a_capped_hour_is_reconciled_by_its_sums(self) -> None:
        for number in range(3):
            store_hits(hits_of({f"{number}a": 2, f"{number}b": 1}), number * 10)
        roll_up_all()
        assert reconcile_closed_hours() == 0
        assert ClosedHour.objects.get().hits == 9

    def test_a_repaired_hour_is_within_the_cap(self) -> None:
        store_hits(hits_of({"a": 3, "b": 2, "c": 1}))
        roll_up_all()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM analytics_hour WHERE dimension IN (1, 5)")
        assert reconcile_closed_hours() == 1
        assert stored(HourAggregate) == stored(DayAggregate) == {"a": 3, "b": 2, OTHER: 1}
        assert other_hits() == (1, 1)

    def test_a_real_value_is_never_taken_for_the_others(self) -> None:
        store_hits(hits_of({"other": 3, OTHER: 2, "rare": 1}))
        roll_up_all()
        assert stored(HourAggregate) == {"other": 3, "\N{REPLACEMENT CHARACTER}other": 2, OTHER: 1}

    def test_readers_tell_the_others_apart(self) -> None:
        store_hits(hits_of({"other": 3, "b": 2, "rare": 1}, tags=("x", "y", "z")))
        roll_up_all()
        rows = queries.breakdown(SCOPE, HOUR, dimensions.KEY, by_api=False, limit=10).rows
        assert [(row.value, row.is_other) for row in rows] == [("other", False), ("b", False), (OTHER, True)]
        assert queries.filter_options(SCOPE, HOUR).tags == ["x", "y"]
        assert queries.totals(SCOPE, HOUR, TrafficFilters(key=OTHER)).hits == 0
        assert queries.totals(SCOPE, HOUR, TrafficFilters(key="other")).hits == 3

    def test_the_log_finds_requests_of_a_rare_value(self) -> None:
        store_hits(hits_of({"a": 3, "b": 2, "rare": 1}, status=404))
        roll_up_all()
        for filters in (LogFilters(key="rare"), LogFilters(key="rare", status=404)):
            assert len(queries.records(SCOPE, HOUR, filters, limit=10).rows) == 1


def roll_up_all() -> None:
    """Everything that is stored into hours and days."""
    fold()
    roll_up()
