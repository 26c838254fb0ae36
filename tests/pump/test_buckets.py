"""Where records go by their time: the days that are kept, the bucket of each, late ones."""

from __future__ import annotations

import time as clock
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from apps.analytics import dimensions, partitions, rollup
from apps.analytics.models import AnalyticsRecord, HourAggregate, LedgerEntry, MinuteAggregate, RejectedRecord
from tests.analytics import stored_aggregates
from tests.analytics.pump_traffic import MONTH, OLDEST_DAY
from tests.pump.payloads import request, requests, stamp
from tests.pump.storing import counts, reasons, store_slice

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@pytest.fixture
def days() -> list[date]:
    """The days whose requests are kept, oldest first."""
    return list(partitions.existing(partitions.RECORDS))


@pytest.mark.parametrize("edge", ["too old", "too far ahead", "no time at all"])
def test_records_outside_the_days_that_are_kept_are_rejected(days: list[date], edge: str) -> None:
    beyond = {
        "too old": midnight(days[0]) - timedelta(microseconds=1),
        "too far ahead": midnight(days[-1] + timedelta(days=1)),
        "no time at all": datetime(1, 1, 1, tzinfo=UTC),
    }[edge]
    assert counts(store_slice([request(NOW, TimeStamp=stamp(beyond))])) == (1, 0, 0, 1, 0)
    assert reasons() == [("out_of_window", "org1")]
    assert f"{beyond:%Y-%m-%d}" in RejectedRecord.objects.get().detail


def test_records_at_the_edge_of_the_days_that_are_kept_are_stored(days: list[date]) -> None:
    newest = midnight(days[-1] + timedelta(days=1)) - timedelta(microseconds=1)
    assert counts(store_slice([request(midnight(days[0])), request(newest)])) == (2, 2, 0, 0, 0)


def test_a_day_whose_hours_are_not_kept_is_not_kept_either(days: list[date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.HOURS.name(days[0])}")
    assert counts(store_slice([request(midnight(days[0]))])) == (1, 0, 0, 1, 0)
    assert reasons() == [("out_of_window", "org1")]


def test_a_record_too_old_for_minutes_goes_to_the_hours(moment: datetime) -> None:
    late = OLDEST_DAY + timedelta(hours=10, minutes=30)
    stored = store_slice([request(late), *requests(2, moment)])
    assert (stored.first_bucket, stored.last_bucket) == (moment.replace(second=0, microsecond=0),) * 2
    assert stored.last_record == moment
    assert set(MinuteAggregate.objects.values_list("bucket", flat=True)) == {stored.first_bucket}
    hours = HourAggregate.objects.filter(pending=True)
    assert set(hours.values_list("bucket", flat=True)) == {late.replace(minute=0, second=0, microsecond=0)}
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 3}


def test_a_slice_of_nothing_but_late_records_has_no_minutes(moment: datetime) -> None:
    stored = store_slice([request(OLDEST_DAY)])
    assert (stored.first_bucket, stored.last_bucket) == (None, None)
    assert rollup.fold() == 1
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 1}


def around(border: datetime) -> list[datetime]:
    """Times on both sides of a border, to the microsecond, in no order."""
    return [border, border - timedelta(microseconds=1), border + timedelta(seconds=1), border - timedelta(hours=1)]


@pytest.mark.usefixtures("month_border")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns"])
def test_every_record_lands_in_the_bucket_of_its_own_time(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    clock.tzset()
    try:
        store_slice([request(moment) for moment in around(MONTH)])
        rollup.fold()
        rollup.roll_up(MONTH + timedelta(days=40))
    finally:
        monkeypatch.undo()
        clock.tzset()
    day, last_month = timedelta(days=1), (MONTH - timedelta(days=1)).replace(day=1)
    expected = {
        "analytics_hour": {MONTH: 2, MONTH - timedelta(hours=1): 2},
        "analytics_day": {MONTH: 2, MONTH - day: 2},
        "analytics_month": {MONTH: 2, last_month: 2},
    }
    assert {table: stored_aggregates.buckets(table, dimensions.OVERALL) for table in expected} == expected
    assert set(AnalyticsRecord.objects.values_list("timestamp", flat=True)) == set(around(MONTH))
    assert set(LedgerEntry.objects.values_list("hour", "stored")) == {(MONTH, 2), (MONTH - timedelta(hours=1), 2)}
