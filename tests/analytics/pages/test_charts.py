"""What charts are made of: series, labels, the bucket that is still filling, sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import charts
from apps.analytics.charts import Chart, labels, sparkline, ticks
from apps.analytics.queries.granularity import Retention, buckets
from apps.analytics.queries.types import Point, Step, Totals, Window
from apps.analytics.ranges import Range, resolve

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
KEPT = Retention(
    datetime(2026, 11, 18, tzinfo=UTC), datetime(2025, 10, 14, tzinfo=UTC), datetime(2021, 12, 1, tzinfo=UTC)
)


def chosen(start: str = "now-24h", end: str = "now", now: datetime = NOW) -> Range:
    return resolve(start, end, BERLIN, None, now, KEPT)


def points_of(range_: Range, *, split: bool = True) -> list[Point]:
    """Ten requests in every bucket: seven good, one moved, and one error of each kind."""
    totals = Totals(hits=10, successes=7, errors=2, latency=12.34, p50=10.0, p95=20.04, p99=30.0)
    errors = (1, 1) if split else (None, None)
    return [Point(start, totals, *errors) for start in buckets(range_.window, range_.step, BERLIN, KEPT).starts]


def chart(metric: str = "requests", hidden: Sequence[str] = (), *, split: bool = True) -> Chart:
    range_ = chosen()
    return Chart(points_of(range_, split=split), range_, metric, tuple(hidden))


def test_it_splits_requests_by_status_class_and_adds_latencies() -> None:
    keys = [one["key"] for one in chart().data()["series"]]
    assert keys == ["success", "other", "client", "server", "average", "p50", "p95", "p99"]


def test_it_shows_errors_as_one_series_where_their_split_is_not_kept() -> None:
    keys = [one.key for one in chart(split=False).series]
    assert keys[:3] == ["success", "other", "errors"]


def test_its_bars_add_up_to_all_requests() -> None:
    bars = [one for one in chart().data()["series"] if one["kind"] == "bar"]
    assert [sum(values) for values in zip(*(one["values"] for one in bars), strict=True)] == [10] * 96


def test_it_has_no_latency_where_nothing_was_requested() -> None:
    range_ = chosen()
    empty = Chart([Point(point.start) for point in points_of(range_)], range_, "p95", ())
    assert {value for one in empty.data()["series"] for value in one["values"]} == {None}


def test_it_marks_the_bucket_that_is_still_filling() -> None:
    assert chart().data()["incomplete_from"] == 95
    past = chosen("2026-11-10", "2026-11-11")
    assert Chart(points_of(past), past, "requests", ()).data()["incomplete_from"] is None


def test_its_bounds_close_the_last_bucket() -> None:
    data = chart().data()
    assert len(data["bounds"]) == len(data["labels"]) + 1 == 97
    assert data["bounds"][-1] == chosen().window.end.timestamp() * 1000


def test_a_switch_of_the_legend_turns_one_series() -> None:
    legend = {entry.series.key: entry for entry in chart(hidden=("p99", "client")).legend}
    assert legend["client"].hidden_after == ("p99",)
    assert legend["success"].hidden_after == ("success", "client", "p99")
    assert not legend["client"].shown
    assert legend["success"].total == 7 * 96
    assert legend["p50"].total is None


def test_its_table_has_the_same_numbers() -> None:
    row = chart(hidden=("p50",)).rows[0]
    assert row.label == "Fri 20 Nov 2026, 15:15"
    assert row.values == ["7", "1", "1", "1", "12.3 ms", "20.0 ms", "30.0 ms"]


def test_it_tells_the_two_hours_apart_that_have_one_name() -> None:
    night = buckets(
        Window(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)), "hour", BERLIN, KEPT
    )
    assert labels(night.starts, "hour", BERLIN) == [
        "Sun 25 Oct 2026, 02:00 CEST",
        "Sun 25 Oct 2026, 02:00 CET",
        "Sun 25 Oct 2026, 03:00",
    ]


@pytest.mark.parametrize(
    ("start", "first", "second"),
    [
        ("now-15m", "14:54", "14:56"),
        ("now-1h", "14:10", "14:15"),
        ("now-6h", "09:30", "10:00"),
        ("now-24h", "16:00", "18:00"),
        ("now-7d", "15 Nov", "16 Nov"),
        ("now-28d", "26 Oct", "2 Nov"),
        ("now-90d", "31 Aug", "14 Sep"),
        ("now-2y", "Jan 2025", "Apr 2025"),
    ],
)
def test_it_labels_round_times_only(start: str, first: str, second: str) -> None:
    range_ = chosen(start)
    found = ticks(buckets(range_.window, range_.step, BERLIN, KEPT).starts, range_.step, BERLIN)
    assert [text for _, text in found][:2] == [first, second]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 10, 1)),  # noqa: DTZ001
    st.sampled_from(["minute", "quarter_hour", "hour", "day", "month"]),
    st.integers(1, 750),
)
def test_it_never_crowds_the_time_axis(start: datetime, step: Step, count: int) -> None:
    lengths = {"minute": 1, "quarter_hour": 15, "hour": 60, "day": 1440, "month": 43_200}
    first = start.replace(tzinfo=UTC, second=0, microsecond=0)
    starts = [first + timedelta(minutes=lengths[step] * i) for i in range(count)]
    found = ticks(starts, step, BERLIN)
    assert len(found) <= charts.MAX_TICKS or step in {"month", "day"}
    assert [at for at, _ in found] == sorted({at for at, _ in found})


def test_a_sparkline_breaks_where_there_is_no_value() -> None:
    assert sparkline([1, 2, None, 4, None, 3], width=50, height=24, margin=2) == [
        "0.0,17.0 10.0,12.0",
        "27.0,2.0 33.0,2.0",
        "47.0,7.0 53.0,7.0",
    ]


@given(st.lists(st.none() | st.floats(0, 1e12), max_size=200))
def test_a_sparkline_stays_within_its_box(values: list[float | None]) -> None:
    for line in sparkline(values):
        for pair in line.split():
            y = float(pair.split(",")[1])
            assert 2 <= y <= 24


def test_a_sparkline_of_nothing_is_flat() -> None:
    assert sparkline([0, 0]) == ["0.0,24.0 100.0,24.0"]
    assert sparkline([]) == []
