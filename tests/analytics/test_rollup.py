"""Minutes to hours to days to months: the same sums at every level, at every moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.analytics import dimensions, rollup
from apps.analytics.models import Slice
from apps.analytics.rollup import fold, roll_up
from tests.analytics import frames, naive_aggregation, stored_aggregates
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import MONTH, OLDEST_DAY, TODAY, store_hits
from tests.examples import examples

pytestmark = pytest.mark.django_db

TEN = TODAY - timedelta(days=1) + timedelta(hours=10)
MUCH_LATER = TODAY + timedelta(days=40)
TABLES = ("analytics_minute", "analytics_hour", "analytics_day", "analytics_month")
#: Around the borders of hours, days and months, young enough for minutes and not.
BORDERS = [TEN, TODAY, MONTH]
times = st.sampled_from([*BORDERS, *(border - timedelta(microseconds=1) for border in BORDERS), OLDEST_DAY])
hits = st.builds(lambda hit, time: replace(hit, timestamp=time), frames.hits, times)
steps = st.one_of(
    st.lists(hits, min_size=1, max_size=6),
    st.sampled_from([fold, roll_up, lambda: roll_up(TEN + timedelta(hours=2)), lambda: roll_up(MUCH_LATER)]),
)


def assert_all_levels_have(stored: list[Hit]) -> None:
    expected = naive_aggregation.aggregate(stored)
    for level in stored_aggregates.LEVELS:
        assert stored_aggregates.read(level) == expected, level


@pytest.mark.usefixtures("month_border")
@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=2, max_size=8))
def test_the_sums_agree_at_every_level_whatever_is_done_when(plan: list[Any]) -> None:
    stored: list[Hit] = []
    with transaction.atomic():
        for step in plan:
            if isinstance(step, list):
                store_hits(step, first=len(stored))
                stored += step
            else:
                step()
            assert_all_levels_have(stored)
        transaction.set_rollback(True)


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all levels."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def rows_of(table: str, where: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(cursor.fetchone()[0])


def test_a_fold_takes_each_slice_once() -> None:
    for number in range(3):
        store_hits([Hit(timestamp=TEN)], first=number)
    assert fold() == 3
    assert not Slice.objects.filter(folded=False).exists()
    before = contents()
    assert fold() == 0
    assert contents() == before


def test_a_fold_goes_on_until_all_slices_are_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_SLICES", 2)
    stored = [Hit(timestamp=TEN + timedelta(hours=number)) for number in range(5)]
    for number, hit in enumerate(stored):
        store_hits([hit], first=number)
    assert fold() == 5
    assert_all_levels_have(stored)


def test_a_fold_takes_no_more_rows_at_once_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_ROWS", 10)
    for number in range(4):
        store_hits([Hit(timestamp=TEN)], first=number)
    for one, rows in zip(Slice.objects.order_by("id"), (20, 5, 5, 1), strict=True):
        Slice.objects.filter(pk=one.pk).update(minute_rows=rows)
    assert [rollup._fold_some() for _ in range(4)] == [1, 2, 1, 0]


def test_a_closed_hour_has_one_settled_row_per_key() -> None:
    for number in range(3):
        store_hits([Hit(timestamp=TEN, key="k"), Hit(timestamp=TEN, key="k", latency=9)], first=2 * number)
        fold()
    assert rows_of("analytics_hour", f"dimension = {dimensions.KEY.code}") == 3
    assert roll_up(TEN + timedelta(hours=1)) == 1
    assert rows_of("analytics_hour", f"dimension = {dimensions.KEY.code} AND NOT pending") == 1
    assert rows_of("analytics_hour", "pending") == 0


def test_an_hour_that_still_fills_is_left_alone() -> None:
    store_hits([Hit(timestamp=TEN)])
    fold()
    assert roll_up(TEN + timedelta(minutes=59)) == 0
    assert rows_of("analytics_day") == 0
    assert roll_up(TEN + timedelta(minutes=60)) == 1


def test_a_month_takes_over_a_day_when_the_day_is_closed() -> None:
    store_hits([Hit(timestamp=TEN)])
    fold()
    roll_up(TEN + timedelta(hours=2))
    assert (rows_of("analytics_day", "pending"), rows_of("analytics_month")) == (rows_of("analytics_day"), 0)
    roll_up(TEN + timedelta(days=1))
    assert (rows_of("analytics_day", "pending"), rows_of("analytics_month", "pending")) == (0, 0)
    assert rows_of("analytics_month") == rows_of("analytics_day")
    assert set(stored_aggregates.buckets("analytics_month", dimensions.OVERALL)) == {TEN.replace(day=1, hour=0)}


def test_buckets_are_merged_together_up_to_a_number_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_REQUESTS", 4)
    stored = [Hit(timestamp=TEN + timedelta(hours=n // 2, days=n // 8)) for n in range(16)]
    store_hits([*stored, Hit(timestamp=TEN, organisation="org2")])
    fold()
    batches = []
    merge = rollup._merge_batch
    monkeypatch.setattr(rollup, "_merge_batch", lambda step, batch: batches.append(batch.buckets) or merge(step, batch))
    assert roll_up(MUCH_LATER) == 8 + 1 + 2 + 1
    assert sorted(map(len, batches)) == [1, 1, 1, 1, 2, 2, 2, 2]
    assert_all_levels_have([*stored, Hit(timestamp=TEN, organisation="org2")])


def test_a_month_that_gets_row_after_row_has_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Hit] = []
    for number in range(rollup.ROWS_PER_KEY + 2):
        hits = [Hit(timestamp=TEN, key="k", status=500), Hit(timestamp=TEN, key=f"k{number}")]
        store_hits(hits, first=10 * number)
        stored += hits
        fold()
        roll_up(MUCH_LATER)
        assert rows_of("analytics_month", f"dimension = {dimensions.OVERALL.code}") <= rollup.ROWS_PER_KEY
        assert_all_levels_have(stored)
    assert rows_of("analytics_month", f"dimension = {dimensions.KEY_STATUS.code}") == 2


def test_a_day_that_gets_hour_after_hour_has_few_rows_of_each_key() -> None:
    stored: list[Hit] = []
    for number in range(rollup.ROWS_PER_KEY + 2):
        hits = [Hit(timestamp=TEN + timedelta(hours=number), key="k", latency=number + 1)]
        store_hits(hits, first=10 * number)
        stored += hits
        fold()
        assert roll_up(TEN + timedelta(hours=number + 1)) == 1
        assert rows_of("analytics_day", f"pending AND dimension = {dimensions.KEY.code}") <= rollup.ROWS_PER_KEY
        assert_all_levels_have(stored)
    assert rows_of("analytics_day", "NOT pending") == 0


def test_a_second_roll_up_finds_nothing_and_changes_nothing() -> None:
    store_hits([Hit(timestamp=TEN), Hit(timestamp=TEN - timedelta(days=1))])
    fold()
    assert roll_up(MUCH_LATER) == 4
    before = contents()
    assert roll_up(MUCH_LATER) == 0
    assert contents() == before


def test_late_records_reach_the_levels_that_are_closed() -> None:
    early, late = Hit(timestamp=TEN, key="k"), Hit(timestamp=TEN + timedelta(minutes=5), key="k", status=500)
    store_hits([early])
    fold()
    roll_up(MUCH_LATER)
    store_hits([late], first=1)
    assert_all_levels_have([early, late])
    fold()
    assert_all_levels_have([early, late])
    assert roll_up(MUCH_LATER) == 2
    assert_all_levels_have([early, late])
    assert rows_of("analytics_hour", f"dimension = {dimensions.KEY.code}") == 1


def test_organisations_do_not_touch_each_other() -> None:
    one, other = Hit(timestamp=TEN), Hit(timestamp=TEN, organisation="org2")
    store_hits([one, other])
    fold()
    roll_up(MUCH_LATER)
    before = [row for row in contents()["analytics_hour"] if row[0] == "org2"]
    store_hits([one], first=5)
    fold()
    assert roll_up(MUCH_LATER) == 2
    assert [row for row in contents()["analytics_hour"] if row[0] == "org2"] == before
    assert_all_levels_have([one, other, one])


@pytest.mark.parametrize("work", [fold, lambda: roll_up(MUCH_LATER)], ids=["fold", "roll-up"])
def test_an_error_in_the_middle_leaves_everything_as_it_was(
    work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_hits([Hit(timestamp=TEN)])
    fold()
    store_hits([Hit(timestamp=TEN)], first=1)
    before = contents()
    append, calls = rollup.append, []

    def fail(*args: Any, **options: Any) -> None:
        append(*args, **options)
        calls.append(args)
        raise OSError("the disk is full")

    monkeypatch.setattr(rollup, "append", fail)
    with pytest.raises(OSError, match="disk"):
        work()
    assert calls
    assert contents() == before


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    """Work started in a thread with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_second_fold_leaves_the_work_to_the_first() -> None:
    store_hits([Hit(timestamp=TEN)])
    found: list[int] = []
    with rollup.rollup_lock() as acquired:
        assert acquired
        in_thread(lambda: found.extend([fold(), roll_up(MUCH_LATER)])).join(30)
    assert found == [0, 0]
    assert fold() == 1


@pytest.mark.django_db(transaction=True)
def test_readers_are_exact_while_slices_come_and_are_folded_and_rolled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_SLICES", 2)
    slices = [
        [Hit(timestamp=TEN + timedelta(minutes=17 * number), latency=n) for n in range(1, 5)] for number in range(15)
    ]
    writer = in_thread(lambda: [store_hits(one, first=10 * number) for number, one in enumerate(slices)])
    folder = in_thread(lambda: [(fold(), roll_up(MUCH_LATER)) for _ in range(12)])
    looks = 0
    while writer.is_alive() or folder.is_alive():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            stored = sum(Slice.objects.values_list("stored", flat=True))
            found = {
                level: sum(stored_aggregates.hits(dimensions.OVERALL, level).values())
                for level in stored_aggregates.LEVELS
            }
        assert found == dict.fromkeys(stored_aggregates.LEVELS, stored)
        looks += 1
    assert looks > 3
    fold()
    roll_up(MUCH_LATER)
    assert_all_levels_have([hit for one in slices for hit in one])
