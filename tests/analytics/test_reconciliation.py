"""Closed hours reconciled with their raw records, and everything put right that was tampered with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.analytics import dimensions, reconciliation, rollup
from apps.analytics.models import AnalyticsRecord, ClosedHour, LedgerEntry
from apps.analytics.reconciliation import Hour, compare, reconcile_closed_hours, unreconciled_hours
from apps.analytics.rollup import fold, roll_up
from tests.analytics import stored_aggregates
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import OLDEST_DAY, TODAY, store_hits
from tests.analytics.test_rollup import assert_all_levels_have, in_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_noon")]

TEN = TODAY + timedelta(hours=10)
YESTERDAY = TEN - timedelta(days=1)
OLDEST = OLDEST_DAY + timedelta(hours=10)


@pytest.fixture
def _noon(time_machine: Any) -> None:
    """It is half past twelve (UTC), and stays so."""
    time_machine.move_to(TODAY + timedelta(hours=12, minutes=30), tick=False)


def settled(*hits: Hit) -> list[Hit]:
    """Hits that are stored and rolled up as far as they can be."""
    store_hits(hits)
    fold()
    roll_up()
    return list(hits)


def execute(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def closed_hours() -> list[tuple[str, datetime, int, int, bool]]:
    """Organisation, hour, requests by records and by aggregates, and whether it was repaired."""
    return [
        (one.organisation, one.hour, one.records, one.hits, bool(one.repaired_at))
        for one in ClosedHour.objects.order_by("organisation", "hour")
    ]


def test_what_agrees_is_reconciled_once() -> None:
    settled(Hit(timestamp=TEN), Hit(timestamp=TEN, status=500), Hit(timestamp=YESTERDAY, organisation="org2"))
    assert reconcile_closed_hours() == 0
    assert closed_hours() == [("org1", TEN, 2, 2, False), ("org2", YESTERDAY, 1, 1, False)]
    assert list(unreconciled_hours(TODAY + timedelta(hours=13))) == []


def test_an_hour_that_still_fills_is_not_reconciled() -> None:
    settled(Hit(timestamp=TODAY + timedelta(hours=12, minutes=5)))
    assert reconcile_closed_hours() == 0
    assert closed_hours() == []
    assert reconcile_closed_hours(TODAY + timedelta(hours=13)) == 0
    assert len(closed_hours()) == 1


def test_what_is_not_folded_yet_counts() -> None:
    store_hits([Hit(timestamp=TEN)])
    assert reconcile_closed_hours() == 0
    assert closed_hours() == [("org1", TEN, 1, 1, False)]


def test_late_records_are_reconciled_too() -> None:
    settled(Hit(timestamp=TEN))
    reconcile_closed_hours()
    store_hits([Hit(timestamp=TEN)], first=1)
    (hour,) = unreconciled_hours(TODAY + timedelta(hours=12))
    assert (hour.organisation, hour.start, hour.stored) == ("org1", TEN, 2)
    assert reconcile_closed_hours() == 0
    assert closed_hours() == [("org1", TEN, 2, 2, False)]


def test_network_statistics_are_no_difference() -> None:
    settled(Hit(timestamp=TEN, status=-1))
    assert reconcile_closed_hours() == 0
    assert closed_hours() == [("org1", TEN, 0, 0, False)]


def test_hours_whose_records_are_not_kept_are_not_reconciled(settings: Any) -> None:
    settled(Hit(timestamp=YESTERDAY))
    settings.ANALYTICS_RAW_DAYS = 0
    assert reconcile_closed_hours() == 0
    assert closed_hours() == []


ALL = f"dimension IN ({dimensions.TOTAL.code}, {dimensions.KEY.code}, {dimensions.TAG.code})"
TAMPERED = {
    "more": f"UPDATE analytics_hour SET hits = hits + 1 WHERE {ALL}",
    "fewer": "DELETE FROM analytics_hour",
    "doubled": "INSERT INTO analytics_hour SELECT * FROM analytics_hour",
    "errors": f"UPDATE analytics_hour SET errors = errors + 1 WHERE {ALL}",
    "successes": f"UPDATE analytics_hour SET successes = 0 WHERE {ALL}",
    "latency": f"UPDATE analytics_hour SET latency = latency - 1 WHERE {ALL}",
    "another API": f"UPDATE analytics_hour SET api = 'other' WHERE {ALL}",
}


def story(moment: datetime) -> list[Hit]:
    """Hits of an hour and of those around it, by all dimensions."""
    odd = ("a\nb", 'c"d', "e\x1ff", "g,h", "{i}", " j ", "key-k")
    return [
        Hit(timestamp=moment, key="k", tracked=True, path="/a\n\"b'", tags=odd, country="GB", api_name="One"),
        Hit(timestamp=moment + timedelta(minutes=59), status=404, key="k", latency=70, oauth_client="c", alias="Ann"),
        Hit(timestamp=moment + timedelta(minutes=1), api_id="b", path="/x", tracked=True, api_version="v1"),
        Hit(timestamp=moment - timedelta(hours=1), latency=5),
        Hit(timestamp=moment, organisation="org2", key="k"),
    ]


@pytest.mark.parametrize("tampering", TAMPERED.values(), ids=TAMPERED)
def test_what_differs_is_seen_and_counted_again(tampering: str) -> None:
    stored = settled(*story(YESTERDAY))
    assert execute(tampering)
    assert reconcile_closed_hours() == 3
    assert [one[4] for one in closed_hours()] == [True] * 3
    assert_all_levels_have(stored)


@pytest.mark.parametrize("moment", [TEN, YESTERDAY, OLDEST], ids=["today", "yesterday", "oldest"])
def test_the_levels_above_a_repaired_hour_are_right_too(moment: datetime) -> None:
    stored = settled(*story(moment))
    execute(TAMPERED["more"])
    execute("UPDATE analytics_day SET hits = 7")
    execute("UPDATE analytics_month SET hits = 7")
    assert reconcile_closed_hours() == 3
    assert_all_levels_have(stored)
    assert (fold(), roll_up(), reconcile_closed_hours()) == (0, 0, 0)
    assert_all_levels_have(stored)
    roll_up(TODAY + timedelta(days=40))
    assert_all_levels_have(stored)


def test_a_repair_leaves_other_organisations_and_hours_alone() -> None:
    stored = settled(*story(YESTERDAY))
    where = "organisation = 'org1' AND bucket = %s"
    execute(f"UPDATE analytics_hour SET hits = 7 WHERE {where}", YESTERDAY)
    before = others()
    assert reconcile_closed_hours() == 1
    assert others() == before
    assert [(one[0], one[1], one[4]) for one in closed_hours()] == [
        ("org1", YESTERDAY - timedelta(hours=1), False),
        ("org1", YESTERDAY, True),
        ("org2", YESTERDAY, False),
    ]
    assert_all_levels_have(stored)


def others() -> list[Any]:
    """The rows of org2 and of other hours where they lie on the disk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ctid, xmin FROM analytics_hour WHERE organisation <> 'org1' OR bucket <> %s", [YESTERDAY]
        )
        return sorted(cursor.fetchall())


def test_pending_rows_of_an_hour_are_not_lost_nor_doubled_by_a_repair() -> None:
    early, late = Hit(timestamp=YESTERDAY), Hit(timestamp=YESTERDAY, status=500)
    settled(early)
    store_hits([late], first=1)
    fold()
    execute("UPDATE analytics_hour SET hits = 7 WHERE NOT pending")
    assert reconcile_closed_hours() == 1
    assert_all_levels_have([early, late])
    roll_up()
    assert_all_levels_have([early, late])


def test_a_repair_waits_for_the_fold() -> None:
    settled(Hit(timestamp=TEN))
    execute("DELETE FROM analytics_hour")
    store_hits([Hit(timestamp=TEN)], first=1)
    assert reconcile_closed_hours() == 0
    assert closed_hours() == []
    fold()
    assert reconcile_closed_hours() == 1
    assert_all_levels_have([Hit(timestamp=TEN)] * 2)


def test_a_repair_waits_for_the_roll_up(caplog: pytest.LogCaptureFixture) -> None:
    settled(Hit(timestamp=TEN))
    execute("DELETE FROM analytics_hour")
    repaired: list[int] = []
    with rollup.rollup_lock():
        in_thread(lambda: repaired.append(reconcile_closed_hours())).join(30)
    assert repaired == [0]
    assert closed_hours() == []
    assert "said 0 requests, raw records 1: left for the next round" in caplog.text
    assert reconcile_closed_hours() == 1
    assert "counted again" in caplog.text


def test_a_record_that_comes_in_during_a_repair_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = settled(Hit(timestamp=YESTERDAY), Hit(timestamp=OLDEST))
    execute("UPDATE analytics_hour SET hits = 7")
    late = [Hit(timestamp=YESTERDAY, status=500), Hit(timestamp=OLDEST, status=404)]
    recount, waiting = reconciliation.recount, [late]

    def overtaken(hour: Hour) -> Any:
        if waiting:
            given = waiting.pop()
            in_thread(lambda: store_hits(given, first=5)).join(30)
        return recount(hour)

    monkeypatch.setattr(reconciliation, "recount", overtaken)
    reconcile_closed_hours()
    fold()
    roll_up()
    reconcile_closed_hours()
    assert_all_levels_have([*stored, *late])


def test_the_settings_of_today_decide_about_paths_and_tags(settings: Any) -> None:
    hit = Hit(timestamp=TEN, path="/plain", tags=("dev-1", "b"), key="k")
    settled(hit)
    settings.PUMP_TRACK_ALL_PATHS = True
    settings.PUMP_IGNORE_TAG_PREFIX_LIST = ["dev-"]
    execute("DELETE FROM analytics_hour")
    reconcile_closed_hours()
    assert stored_aggregates.hits(dimensions.ENDPOINT) == {("api1", "/plain", "GET"): 1}
    assert stored_aggregates.hits(dimensions.TAG) == {("api1", "b", ""): 1}


def test_records_deleted_by_hand_are_seen() -> None:
    settled(Hit(timestamp=TEN), Hit(timestamp=TEN, api_id="b"))
    AnalyticsRecord.objects.filter(api_id="b").delete()
    assert reconcile_closed_hours() == 1
    assert closed_hours() == [("org1", TEN, 1, 2, True)]
    assert_all_levels_have([Hit(timestamp=TEN)])


def test_api_ids_of_any_length_are_compared() -> None:
    settled(Hit(timestamp=TEN, api_id="x" * 3_000), Hit(timestamp=TEN, api_id="é" * 199))
    assert compare(Hour("org1", TEN, 2)) == reconciliation.Comparison(2, 2, agrees=True)


def test_nothing_at_all_agrees() -> None:
    assert compare(Hour("org1", TEN, 0)) == reconciliation.Comparison(0, 0, agrees=True)
    assert reconcile_closed_hours() == 0
    assert not LedgerEntry.objects.exists()


def test_a_recount_is_what_the_pump_counted() -> None:
    long = "/" + "é" * 2_000
    settled(*story(YESTERDAY), Hit(timestamp=YESTERDAY, path=long, tracked=True, key=long, tags=(long,)))
    counted = stored_aggregates.read("hour")
    execute("DELETE FROM analytics_hour")
    assert reconcile_closed_hours() == 3
    assert stored_aggregates.read("hour") == counted
