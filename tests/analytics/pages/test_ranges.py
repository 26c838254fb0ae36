"""How ranges of time are read: what people write, in whose zone, and over nights when the clock is moved."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import ranges
from apps.analytics.queries.granularity import STEPS, Retention, buckets
from apps.analytics.queries.types import Window
from apps.analytics.ranges import InvalidMoment, format_moment, parse_moment, resolve, split_range

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LONDON = ZoneInfo("Europe/London")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
ZONES = st.sampled_from([ZoneInfo("UTC"), BERLIN, KATHMANDU, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")])
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
KEPT = Retention(
    minutes=datetime(2026, 11, 18, tzinfo=UTC),
    hours=datetime(2025, 10, 14, tzinfo=UTC),
    days=datetime(2021, 12, 1, tzinfo=UTC),
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("now-6h", NOW - timedelta(hours=6)),
        ("now-15m", NOW - timedelta(minutes=15)),
        ("now+90s", NOW + timedelta(seconds=90)),
        ("now-7d", NOW - timedelta(days=7)),
        ("now/d", utc(2026, 11, 20, 23)),
        ("now/M", utc(2026, 10, 31, 23)),
        ("now-1M/M", utc(2026, 9, 30, 22)),
        ("now/w", utc(2026, 11, 15, 23)),
        ("now/y", utc(2025, 12, 31, 23)),
        ("now-1y", utc(2025, 11, 21, 14, 7, 30)),
        ("2026-10-25", utc(2026, 10, 24, 22)),
        ("2026-10", utc(2026, 9, 30, 22)),
        ("2026-10-25T14:30", utc(2026, 10, 25, 13, 30)),
        ("2026-10-25 14:30", utc(2026, 10, 25, 13, 30)),
        ("2026-10-25T14:30Z", utc(2026, 10, 25, 14, 30)),
        ("2026-10-25T14:30+05:00", utc(2026, 10, 25, 9, 30)),
    ],
)
def test_it_reads_moments_in_the_readers_zone(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW, BERLIN) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "now-", "now-5x", "now/x", "2026-13-01", "1e9", "12", "\x00", "٣"])
def test_it_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(InvalidMoment, match="no moment"):
        parse_moment(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["now-999999y", "now+999999d", "1969-01-01", "9999-12-31T23:59", "0001-01-01"])
def test_it_refuses_moments_that_no_traffic_can_have(text: str) -> None:
    with pytest.raises(InvalidMoment):
        parse_moment(text, NOW, BERLIN)


def test_it_moves_months_to_the_last_day_there_is() -> None:
    assert parse_moment("now-1M", utc(2026, 3, 31, 12), ZoneInfo("UTC")) == utc(2026, 2, 28, 12)


@given(st.text(max_size=40))
def test_it_never_fails_but_in_its_own_way(text: str) -> None:
    for read in (lambda: parse_moment(text, NOW, BERLIN), lambda: resolve(*split_range(text), BERLIN, None, NOW, KEPT)):
        with suppress(InvalidMoment):
            read()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now-6h..now", ("now-6h", "now")),
        ("now-6h/now", ("now-6h", "now")),
        ("now-6h", ("now-6h", "now")),
        ("now/d", ("now/d", "now")),
        ("7d", ("now-7d", "now")),
        ("15 min", ("now-15m", "now")),
        ("2026-10-25..2026-10-27", ("2026-10-25", "2026-10-27")),
        ("2026-10-25", ("2026-10-25", "2026-10-26")),
        ("2026-12", ("2026-12-01", "2027-01-01")),
        ("2026-10-25T12:00", ("2026-10-25T12:00", "now")),
        (" 2026-10-25 to 2026-10-26 ", ("2026-10-25", "2026-10-26")),
        ("2026-10-25..", ("2026-10-25", "now")),
    ],
)
def test_it_splits_typed_ranges(text: str, expected: tuple[str, str]) -> None:
    assert split_range(text) == expected


@given(at=MOMENTS.map(lambda one: one.replace(second=0, microsecond=0)), zone=ZONES)
def test_it_writes_moments_that_read_the_same(at: datetime, zone: ZoneInfo) -> None:
    assert parse_moment(format_moment(at, zone), NOW, zone) == at
    assert parse_moment(format_moment(at, zone), NOW, zone, late=True) == at


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
def test_it_gives_days_their_own_length(day: str, hours: int) -> None:
    found = resolve(*split_range(day), BERLIN, "hour", NOW, KEPT)
    assert found.length == timedelta(hours=hours)
    assert len(buckets(found.window, "hour", BERLIN, KEPT).starts) == hours


def test_it_reads_the_repeated_hour_by_where_the_range_begins_and_ends() -> None:
    retention = Retention(utc(2026, 10, 20), KEPT.hours, KEPT.days)
    found = resolve("2026-10-25T02:00", "2026-10-25T02:30", BERLIN, "minute", utc(2026, 10, 25, 12), retention)
    assert found.window == Window(utc(2026, 10, 25, 0), utc(2026, 10, 25, 1, 30))


@pytest.mark.parametrize(
    ("start", "step", "count"),
    [
        ("now-15m", "minute", 15),
        ("now-1h", "minute", 60),
        ("now-6h", "minute", 360),
        ("now-24h", "quarter_hour", 96),
        ("now-7d", "hour", 168),
        ("now-28d", "day", 28),
        ("now-90d", "day", 90),
        ("now-1y", "day", 365),
        ("now-5y", "month", 60),
    ],
)
def test_it_cuts_each_range_into_a_readable_number_of_bars(start: str, step: str, count: int) -> None:
    found = resolve(start, "now", BERLIN, None, NOW, KEPT)
    assert found.step == step
    assert len(buckets(found.window, found.step, BERLIN, KEPT).starts) == count
    assert found.is_incomplete


def test_it_offers_only_steps_that_fit_and_are_kept() -> None:
    assert resolve("now-1h", "now", BERLIN, None, NOW, KEPT).steps == ("minute", "quarter_hour")
    assert resolve("now-24h", "now", BERLIN, None, NOW, KEPT).steps == ("quarter_hour", "hour")
    assert resolve("now-90d", "now", BERLIN, None, NOW, KEPT).steps == ("day", "month")
    assert resolve("2026-11-10", "2026-11-11", BERLIN, None, NOW, KEPT).steps == ("hour",)


def test_it_replaces_a_step_that_does_not_suit() -> None:
    assert resolve("now-90d", "now", BERLIN, "minute", NOW, KEPT).step == "day"


@given(first=MOMENTS, length=st.timedeltas(timedelta(seconds=1), timedelta(days=4000)), zone=ZONES)
def test_it_covers_a_range_by_whole_buckets(first: datetime, length: timedelta, zone: ZoneInfo) -> None:
    last = min(first + length, utc(2099, 6, 1))
    for step in STEPS:
        found = resolve(first.isoformat(), last.isoformat(), zone, step, NOW, KEPT)
        window = found.window
        assert window.start <= first < window.end
        assert last <= window.end
        if (window.end - window.start) / ranges.STEP_LENGTHS[found.step] < 1000:
            cut = buckets(window, found.step, zone, KEPT)
            assert cut.starts[0].astimezone(UTC) == window.start
            assert cut.starts[-1].astimezone(UTC) < window.end


def test_it_refuses_a_range_that_ends_before_it_begins() -> None:
    with pytest.raises(InvalidMoment, match="begin"):
        resolve("now", "now-1h", BERLIN, None, NOW, KEPT)


def test_it_compares_a_filling_range_with_as_much_of_the_time_before() -> None:
    found = resolve("now-24h", "now", BERLIN, None, NOW, KEPT)
    before = found.previous()
    assert before.start == found.window.start - timedelta(hours=24)
    assert before.end == (NOW - timedelta(hours=24)).replace(second=0)


def test_it_compares_a_past_range_with_all_of_the_time_before() -> None:
    found = resolve("2026-11-01", "2026-11-03", LONDON, None, NOW, KEPT)
    assert found.previous() == Window(utc(2026, 10, 30), utc(2026, 11, 1))


def test_it_moves_whole_months_by_months() -> None:
    found = resolve("now-1M/M", "now/M", BERLIN, None, NOW, KEPT)
    assert found.shifted(-1) == ("2026-09-01", "2026-10-01")
    assert found.shifted(1) == ("2026-11-01", "2026-12-01")


def test_it_moves_other_ranges_by_their_length() -> None:
    found = resolve("2026-11-10T12:00", "2026-11-10T18:00", LONDON, None, NOW, KEPT)
    assert found.shifted(-1) == ("2026-11-10T06:00", "2026-11-10T12:00")


def test_it_freezes_relative_moments() -> None:
    found = resolve("now-1h", "now", BERLIN, None, NOW, KEPT)
    assert found.absolute() == ("2026-11-21T14:08", "2026-11-21T15:08")
