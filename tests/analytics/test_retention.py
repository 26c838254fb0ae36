"""What is forgotten, when, and that what is merged still adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from apps.analytics import aggregate_rows, dimensions, partitions, retention, rollup, tasks
from apps.analytics.models import ClosedHour, LedgerEntry, NetworkStatistic, Slice, UptimeRecord
from apps.analytics.queries.granularity import Level, current_retention
from tests.analytics import stored_aggregates
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import OLDEST_DAY, store_hits
from tests.analytics.test_rollup import TEN, assert_all_levels_have
from tests.pump.storing import OUTCOMES, ledger

pytestmark = pytest.mark.django_db

HOUR = TEN
DAY = timedelta(days=1)


def entry(hour: datetime, organisation: str = "org1", **counts: int) -> None:
    """A ledger entry."""
    counted = dict.fromkeys((*OUTCOMES, "network"), 0) | counts
    LedgerEntry.objects.create(organisation=organisation, hour=hour, **counted)


def entries() -> list[tuple[Any, ...]]:
    fields = ("organisation", "hour", *OUTCOMES, "network")
    return list(LedgerEntry.objects.order_by("organisation", "hour", "received").values_list(*fields))


def test_the_ledger_of_closed_hours_is_merged() -> None:
    for _ in range(3):
        entry(HOUR, received=5, stored=3, duplicates=2, network=1)
    entry(HOUR, received=-1, rejected=-1)
    entry(HOUR, "org2", received=1, filtered=1)
    entry(HOUR + timedelta(hours=1), received=7, stored=7)
    entry(HOUR + timedelta(hours=1), received=8, stored=8)
    before = ledger()
    retention.merge_ledger(HOUR + timedelta(hours=1))
    assert entries() == [
        ("org1", HOUR, 14, 9, 6, -1, 0, 3),
        ("org1", HOUR + timedelta(hours=1), 7, 7, 0, 0, 0, 0),
        ("org1", HOUR + timedelta(hours=1), 8, 8, 0, 0, 0, 0),
        ("org2", HOUR, 1, 0, 0, 0, 1, 0),
    ]
    assert ledger() == before


def test_what_was_capped_is_merged_too() -> None:
    for _ in range(3):
        entry(HOUR, tags_left_out=5, texts_cut=3, other_hits=2)
    retention.merge_ledger(HOUR + timedelta(hours=1))
    one = LedgerEntry.objects.get()
    assert (one.tags_left_out, one.texts_cut, one.other_hits) == (15, 9, 6)


def test_a_merged_ledger_is_left_alone() -> None:
    entry(HOUR, received=1, stored=1)
    before = LedgerEntry.objects.get().pk
    retention.merge_ledger(timezone.now())
    assert LedgerEntry.objects.get().pk == before


def a_slice(committed_at: datetime, *, folded: bool) -> Slice:
    counts = dict.fromkeys(OUTCOMES, 0)
    place = {"claim": str(committed_at), "start": 0, "stop": 2, "source": "list"}
    return Slice.objects.create(**place, **counts, committed_at=committed_at, folded=folded)


def test_slices_are_kept_until_no_claim_of_theirs_can_come_back() -> None:
    now = timezone.now()
    week = timedelta(days=retention.SLICE_DAYS)
    kept = [a_slice(now - week + DAY, folded=True), a_slice(now - 9 * week, folded=False)]
    a_slice(now - week - DAY, folded=True)
    retention.delete_expired(now)
    assert set(Slice.objects.all()) == set(kept)


def test_every_table_is_forgotten_by_its_own_retention(settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS, settings.ANALYTICS_HOUR_MONTHS, settings.ANALYTICS_DAY_YEARS = 10, 2, 1
    now = datetime.now(UTC)
    for age in (9, 11, 61, 63, 365, 367):
        moment = now - age * DAY
        entry(moment)
        ClosedHour.objects.create(organisation="o", hour=moment, ledger=1, records=1, hits=1, proved_at=now)
        uptime = {"id": f"{age:032}", "api_id": "a", "url": "u", "request_time": 1, "status": 200}
        UptimeRecord.objects.create(organisation="o", timestamp=moment, tcp_error=False, server_error=False, **uptime)
        network = dict.fromkeys(("records", "open_connections", "closed_connections", "bytes_in", "bytes_out"), 1)
        NetworkStatistic.objects.create(organisation="o", bucket=moment, api="a", **network)
    retention.delete_expired(now)
    assert UptimeRecord.objects.count() == 1
    assert NetworkStatistic.objects.count() == 3
    assert LedgerEntry.objects.count() == ClosedHour.objects.count() == 5


def test_days_and_months_past_their_years_are_forgotten(settings: Any) -> None:
    settings.ANALYTICS_DAY_YEARS = 1
    store_hits([Hit(timestamp=TEN)])
    rollup.fold()
    rollup.roll_up(TEN + 40 * DAY)
    columns = ", ".join(aggregate_rows.COLUMNS)
    older = columns.replace("bucket", "bucket - interval '400 days'")
    with connection.cursor() as cursor:
        for table in ("analytics_day", "analytics_month"):
            cursor.execute(f"INSERT INTO {table} ({columns}, pending) SELECT {older}, pending FROM {table}")
    retention.delete_expired(TEN + 2 * DAY)
    assert set(stored_aggregates.buckets("analytics_day", dimensions.OVERALL)) == {TEN.replace(hour=0)}
    assert set(stored_aggregates.buckets("analytics_month", dimensions.OVERALL)) == {TEN.replace(day=1, hour=0)}


def test_deleting_what_expired_loses_nothing_that_is_kept() -> None:
    hits = [Hit(timestamp=TEN), Hit(timestamp=OLDEST_DAY, key="k")]
    store_hits(hits)
    rollup.fold()
    retention.delete_expired()
    rollup.roll_up()
    retention.delete_expired()
    assert_all_levels_have(hits)


@pytest.mark.django_db(transaction=True)
def test_the_tasks_of_the_clock_fold_roll_up_prove_and_tidy() -> None:
    hit = Hit(timestamp=TEN)
    store_hits([hit])
    store_hits([hit], first=1)
    tasks.fold()
    assert not Slice.objects.filter(folded=False).exists()
    store_hits([hit], first=2)
    tasks.roll_up()
    assert LedgerEntry.objects.count() == ClosedHour.objects.count() == 1
    tasks.maintain_partitions()
    assert_all_levels_have([hit] * 3)


def test_nothing_is_deleted_of_what_is_kept_for_ever(settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS = settings.ANALYTICS_HOUR_MONTHS = settings.ANALYTICS_DAY_YEARS = None
    store_hits([Hit(timestamp=TEN)])
    rollup.fold()
    rollup.roll_up(TEN + 40 * DAY)
    NetworkStatistic.objects.create(
        organisation="org1", bucket=TEN, api="", records=1, open_connections=1, closed_connections=1, bytes_in=1,
        bytes_out=1,
    )  # fmt: skip
    UptimeRecord.objects.create(
        organisation="org1", id=UUID(int=1), timestamp=TEN, api_id="", url="", request_time=1, status=200,
        tcp_error=False, server_error=False,
    )  # fmt: skip
    retention.delete_expired(TEN + 400_000 * DAY)
    kept = (LedgerEntry, NetworkStatistic, UptimeRecord)
    assert [model.objects.count() for model in kept] == [1, 1, 1]
    assert stored_aggregates.buckets("analytics_day", dimensions.OVERALL)
    assert stored_aggregates.buckets("analytics_month", dimensions.OVERALL)


def test_readers_find_what_is_kept_for_ever_as_fine_as_it_is(settings: Any) -> None:
    settings.ANALYTICS_MINUTE_DAYS = settings.ANALYTICS_HOUR_MONTHS = settings.ANALYTICS_DAY_YEARS = None
    kept = current_retention()
    today = timezone.now().date()
    assert kept.minutes.date() == min(partitions.existing(partitions.MINUTES))
    assert kept.hours.date() == min(partitions.existing(partitions.HOURS))
    assert kept.finest_level(datetime(1971, 1, 1, tzinfo=UTC)) == Level.DAY
    assert kept.minutes.date() < today
