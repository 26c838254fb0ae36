"""Which levels cover a range, and how it is rounded where less is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics.queries.coverage import cover
from apps.analytics.queries.granularity import STEPS, Level, Retention, TooManyPoints, buckets, finest_step
from apps.analytics.queries.types import Window


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-11-21 12:34:56.789")
KEPT = Retention(minutes=at("2026-11-18"), hours=at("2025-10-14"), days=at("2021-12-01"))
EVERYTHING = Retention(*[at("1970-01-01")] * 3)

moments = st.timedeltas(timedelta(0), timedelta(days=15 * 365)).map(at("2015-01-01").__add__)
windows = st.tuples(moments, moments).map(lambda pair: Window(min(pair), max(pair)))


def parts(start: str, end: str, retention: Retention = EVERYTHING) -> list[str]:
    """The cover of a range in words."""
    segments = cover(retention.bounds(Window(at(start), at(end))))
    return [f"{one.level.name} {one.start:%y-%m-%d %H:%M} {one.end:%y-%m-%d %H:%M}" for one in segments]


def test_a_range_is_covered_by_the_coarsest_whole_buckets() -> None:
    assert parts("2026-01-30 22:58", "2026-04-02 01:01") == [
        "MINUTE 26-01-30 22:58 26-01-30 23:00",
        "HOUR 26-01-30 23:00 26-01-31 00:00",
        "DAY 26-01-31 00:00 26-02-01 00:00",
        "MONTH 26-02-01 00:00 26-04-01 00:00",
        "DAY 26-04-01 00:00 26-04-02 00:00",
        "HOUR 26-04-02 00:00 26-04-02 01:00",
        "MINUTE 26-04-02 01:00 26-04-02 01:01",
    ]


def test_a_range_within_an_hour_is_of_minutes() -> None:
    assert parts("2026-01-30 22:10", "2026-01-30 22:20") == ["MINUTE 26-01-30 22:10 26-01-30 22:20"]


@pytest.mark.parametrize(
    ("start", "end", "bounds"),
    [
        ("2026-11-20 10:11:12", "2026-11-20 10:20:01", ("2026-11-20 10:11", "2026-11-20 10:21")),
        ("2026-11-10 10:11", "2026-11-10 10:20", ("2026-11-10 10:00", "2026-11-10 11:00")),
        ("2025-01-31 23:00", "2025-02-28 23:00", ("2025-02-01", "2025-03-01")),
        ("2025-01-31 11:00", "2025-01-31 11:30", ("2025-01-31", "2025-02-01")),
        ("2020-01-14", "2020-02-20", ("2020-01-01", "2020-03-01")),
        ("2020-03-10", "2020-03-11", ("2020-03-01", "2020-04-01")),
    ],
)
def test_edges_are_as_fine_as_what_is_kept_there(start: str, end: str, bounds: tuple[str, str]) -> None:
    assert KEPT.bounds(Window(at(start), at(end))) == tuple(map(at, bounds))


@given(windows, st.sampled_from([KEPT, EVERYTHING]))
def test_a_cover_has_no_gaps_and_whole_buckets_that_are_kept(window: Window, retention: Retention) -> None:
    if window.start == window.end:
        return
    start, end = retention.bounds(window)
    segments = cover((start, end))
    assert (segments[0].start, segments[-1].end) == (start, end)
    assert all(before.end == after.start for before, after in pairwise(segments))
    for one in segments:
        assert one.level.floor(one.start) == one.start < one.end == one.level.floor(one.end)
        assert one.level >= retention.finest_level(one.start)
    assert len(segments) <= 7


@given(
    windows, st.sampled_from(STEPS), st.sampled_from(sorted(available_timezones())), st.sampled_from([KEPT, EVERYTHING])
)
def test_buckets_follow_each_other_in_any_zone(window: Window, step: str, zone: str, retention: Retention) -> None:
    try:
        found = buckets(window, step, ZoneInfo(zone), retention)  # type: ignore[arg-type]
    except TooManyPoints:
        return
    starts = [start.astimezone(UTC) for start in found.starts]
    assert starts == sorted(starts)
    assert list(found.edges) == sorted(found.edges)
    if not starts:
        assert window.start == window.end
        return
    assert len(found.edges) == len(starts) + 1
    assert starts[0] <= window.start < window.end
    assert starts[-1] < window.end
    assert (found.edges[0], found.edges[-1]) == retention.bounds(window)
    for segment in cover(found.edges):
        assert segment.level >= retention.finest_level(segment.start)


def test_a_day_of_a_zone_has_23_or_25_hours_when_clocks_change() -> None:
    found = buckets(Window(at("2026-10-23 22:00"), at("2026-10-26 23:00")), "day", ZoneInfo("Europe/Berlin"), KEPT)
    assert [start.isoformat() for start in found.starts] == [
        "2026-10-24T00:00:00+02:00",
        "2026-10-25T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",
    ]
    assert [after - before for before, after in pairwise(found.edges)] == [timedelta(hours=n) for n in (24, 25, 24)]
    spring = buckets(Window(at("2026-03-28 23:00"), at("2026-03-29 22:00")), "day", ZoneInfo("Europe/Berlin"), KEPT)
    assert [after - before for before, after in pairwise(spring.edges)] == [timedelta(hours=23)]


def test_a_midnight_that_clocks_skip_is_the_moment_of_the_skip() -> None:
    found = buckets(Window(at("2026-09-05 04:00"), at("2026-09-07 03:00")), "day", ZoneInfo("America/Santiago"), KEPT)
    assert [start.astimezone(UTC) for start in found.starts] == [at("2026-09-05 04:00"), at("2026-09-06 04:00")]


def test_days_of_a_zone_of_half_an_hour_are_apart_at_the_full_hour() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    found = buckets(Window(at("2026-11-10 18:30"), at("2026-11-13 18:30")), "day", kolkata, KEPT)
    assert [start.hour for start in found.starts] == [0, 0, 0]
    assert list(found.edges) == [
        at(f"2026-11-{day} {hour}:00") for day, hour in ((10, 18), (11, 19), (12, 19), (13, 19))
    ]


def test_months_of_a_zone_are_covered_by_days_and_the_hours_between() -> None:
    found = buckets(Window(at("2026-07-31 22:00"), at("2026-09-30 22:00")), "month", ZoneInfo("Europe/Berlin"), KEPT)
    assert [segment.level.name for segment in cover(found.edges)] == ["HOUR", "DAY", "HOUR", "DAY", "HOUR"]
    london = buckets(Window(at("2025-12-01"), at("2026-03-01")), "month", ZoneInfo("Europe/London"), KEPT)
    assert [segment.level for segment in cover(london.edges)] == [Level.MONTH]


@pytest.mark.parametrize(
    ("start", "steps"),
    [
        ("2026-11-20", ["minute", "quarter_hour", "hour", "day", "month"]),
        ("2026-11-10", ["hour", "hour", "hour", "day", "month"]),
        ("2025-06-01", ["day", "day", "day", "day", "month"]),
        ("2020-06-01", ["month"] * 5),
    ],
)
def test_a_step_is_no_finer_than_what_is_kept(start: str, steps: list[str]) -> None:
    assert [finest_step(Window(at(start), NOW), step, KEPT) for step in STEPS] == steps


def test_too_many_points_are_refused() -> None:
    with pytest.raises(TooManyPoints, match="20,000 points"):
        buckets(Window(NOW, at("2030-01-01")), "minute", ZoneInfo("UTC"), KEPT)
