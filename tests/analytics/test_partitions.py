"""Partitions created ahead and dropped by retention, by anyone at any time, and none for strays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from apps.analytics import partitions
from apps.analytics.models import Slice
from apps.analytics.partitions import HOURS, MINUTES, RECORDS, PartitionedTable, existing, maintain, oldest, required
from apps.analytics.rollup import fold
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import OLDEST_DAY, store_hits

pytestmark = pytest.mark.django_db

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
TABLES = (RECORDS, MINUTES, HOURS)


def execute(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def bounds(table: PartitionedTable) -> list[tuple[str, ...]]:
    """Names and bounds of the partitions of a table, as PostgreSQL tells them."""
    return execute(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        f" WHERE i.inhparent = '{table.table}'::regclass ORDER BY c.relname"
    )


def test_the_window_of_the_settings_has_partitions(settings: Any) -> None:
    days, ahead = list(existing(RECORDS)), settings.ANALYTICS_PARTITIONS_AHEAD
    assert days == [TODAY + number * DAY for number in range(-settings.ANALYTICS_RAW_DAYS, ahead + 1)]
    minute_days = range(-settings.ANALYTICS_MINUTE_DAYS, ahead + 1)
    assert list(existing(MINUTES)) == [TODAY + number * DAY for number in minute_days]
    months = list(existing(HOURS))
    assert months[0] == oldest(HOURS, TODAY).replace(day=1)
    assert months[-1] == (TODAY + ahead * DAY).replace(day=1)
    assert all(28 * DAY <= later - earlier <= 31 * DAY for earlier, later in pairwise(months))


def test_partitions_meet_without_gap_at_midnight_utc() -> None:
    for table in TABLES:
        found = [(bound.split("'")[1], bound.split("'")[3]) for _, bound in bounds(table)]
        assert all(start.endswith(" 00:00:00+00") for start, _ in found)
        assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]


def test_there_is_no_partition_for_strays() -> None:
    assert not [bound for table in TABLES for _, bound in bounds(table) if "DEFAULT" in bound]


def test_every_partition_of_raw_records_has_the_one_unique_index() -> None:
    names = set(existing(RECORDS).values())
    indexed = execute("SELECT tablename, indexdef FROM pg_indexes WHERE tablename LIKE 'analytics_record_%'")
    unique = {name for name, index in indexed if "UNIQUE" in index and index.endswith("(organisation, id)")}
    assert unique == names
    assert len(indexed) == len(names)


def test_a_second_round_finds_nothing_to_do() -> None:
    assert maintain() == partitions.MaintenanceResult([], [])


def test_a_missing_partition_is_made_again() -> None:
    name = RECORDS.name(TODAY)
    execute(f"DROP TABLE {name}")
    assert maintain().created == [name]
    assert name in existing(RECORDS).values()


def test_the_next_day_needs_one_more_and_drops_the_oldest(settings: Any) -> None:
    upkeep, last = maintain(TODAY + DAY), TODAY + (settings.ANALYTICS_PARTITIONS_AHEAD + 1) * DAY
    assert {RECORDS.name(last), MINUTES.name(last)} <= set(upkeep.created)
    past = [RECORDS.name(TODAY - settings.ANALYTICS_RAW_DAYS * DAY)]
    past.append(MINUTES.name(TODAY - settings.ANALYTICS_MINUTE_DAYS * DAY))
    assert set(upkeep.dropped) >= set(past)
    assert not set(past) & {*existing(RECORDS).values(), *existing(MINUTES).values()}


def test_retention_is_a_setting(settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS, settings.ANALYTICS_HOUR_MONTHS = 2, 1
    maintain()
    assert min(existing(RECORDS)) == TODAY - 2 * DAY
    assert min(existing(HOURS)) == (TODAY - 31 * DAY).replace(day=1)
    settings.ANALYTICS_RAW_DAYS = 4
    assert maintain().created == [RECORDS.name(TODAY - 4 * DAY), RECORDS.name(TODAY - 3 * DAY)]


def test_hours_are_dropped_by_whole_months(settings: Any) -> None:
    settings.ANALYTICS_HOUR_MONTHS = 0
    maintain(date(2027, 3, 1))
    assert min(existing(HOURS)) == date(2027, 3, 1)
    maintain(date(2027, 3, 31))
    assert list(existing(HOURS)) == [date(2027, 3, 1), date(2027, 4, 1)]


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_a_month_is_from_its_first_day_to_the_next_ones(day: date, start: date, end: date) -> None:
    assert (HOURS.start_of(day), HOURS.end_of(start)) == (start, end)
    assert HOURS.day_of(HOURS.name(day)) == start
    assert RECORDS.day_of(RECORDS.name(day)) == day == RECORDS.end_of(day) - DAY


def test_required_partitions_cover_every_day_between() -> None:
    for table in TABLES:
        days = list(required(table, date(2027, 1, 5)))
        assert days[0] == table.start_of(oldest(table, date(2027, 1, 5)))
        assert [table.end_of(day) for day in days[:-1]] == days[1:]


def test_minutes_that_no_hour_has_are_kept(settings: Any) -> None:
    at_ten = datetime.now(UTC).replace(hour=10) - 2 * DAY
    store_hits([Hit(timestamp=at_ten)])
    settings.ANALYTICS_MINUTE_DAYS = 0
    name = MINUTES.name(at_ten.date())
    assert name not in maintain().dropped
    assert fold() == 1
    assert name in maintain().dropped


def test_slices_without_minutes_keep_nothing(settings: Any) -> None:
    store_hits([Hit(timestamp=OLDEST_DAY)])
    assert Slice.objects.get().first_bucket is None
    settings.ANALYTICS_MINUTE_DAYS = 0
    assert MINUTES.name(TODAY - DAY) in maintain().dropped


def test_the_command_says_what_it_did(capsys: Any) -> None:
    execute(f"DROP TABLE {RECORDS.name(TODAY)}")
    call_command("partitions")
    assert capsys.readouterr().out == "1 partitions made, 0 dropped.\n"


@pytest.fixture
def _mended(transactional_db: None) -> Iterator[None]:
    """Partitions that are as they were when others need them."""
    before = all_names()
    yield
    for name in all_names() - before:
        execute(f"DROP TABLE {name}")
    maintain()


def all_names() -> set[str]:
    return {name for table in TABLES for name in existing(table).values()}


@pytest.mark.usefixtures("_mended")
def test_several_at_once_make_each_partition_once() -> None:
    lost = [RECORDS.name(TODAY), RECORDS.name(TODAY + DAY), MINUTES.name(TODAY), HOURS.name(TODAY)]
    execute(f"DROP TABLE {', '.join(lost)}")
    errors: list[BaseException] = []

    def upkeep() -> None:
        try:
            maintain()
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=upkeep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert set(lost) <= all_names()


@pytest.mark.usefixtures("_mended")
def test_a_reader_in_the_way_is_left_in_peace(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(partitions, "DROP_LOCK_TIMEOUT", 100)
    name = RECORDS.name(TODAY - settings.ANALYTICS_RAW_DAYS * DAY)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"SELECT count(*) FROM {name}")
            reading.set()
            done.wait(60)
            cursor.execute("ROLLBACK")
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(60)
    upkeep = maintain(TODAY + DAY)
    done.set()
    reader.join(60)
    assert name not in upkeep.dropped
    assert MINUTES.name(TODAY - settings.ANALYTICS_MINUTE_DAYS * DAY) in upkeep.dropped
    assert f"{name} is past its retention and could not be dropped" in caplog.text
    assert name in maintain(TODAY + DAY).dropped


def test_what_is_kept_for_ever_is_kept_from_its_first_partition_on(settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS, settings.ANALYTICS_MINUTE_DAYS, settings.ANALYTICS_HOUR_MONTHS = 60, 60, 3
    maintain()
    before = {table: list(existing(table)) for table in TABLES}
    settings.ANALYTICS_RAW_DAYS = settings.ANALYTICS_MINUTE_DAYS = settings.ANALYTICS_HOUR_MONTHS = None
    done = maintain(TODAY + 5 * DAY)
    assert done.dropped == []
    for table in TABLES:
        assert list(existing(table))[: len(before[table])] == before[table]
        assert oldest(table, TODAY) == before[table][0]
    assert RECORDS.name(TODAY + (5 + settings.ANALYTICS_PARTITIONS_AHEAD) * DAY) in done.created


def test_partitions_of_what_is_kept_for_ever_begin_a_month_before_the_first_start(settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS = None
    for name in existing(RECORDS).values():
        execute(f"DROP TABLE {name}")
    maintain()
    ahead = settings.ANALYTICS_PARTITIONS_AHEAD
    assert list(existing(RECORDS)) == [TODAY + number * DAY for number in range(-31, ahead + 1)]
