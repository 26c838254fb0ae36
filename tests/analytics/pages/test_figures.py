"""How figures and their comparisons are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.analytics import wording
from apps.analytics.figures import Change, Figure, figures, relative
from apps.analytics.queries.granularity import Retention
from apps.analytics.queries.types import Totals
from apps.analytics.ranges import resolve

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
KEPT = Retention(
    datetime(2026, 11, 18, tzinfo=UTC), datetime(2025, 10, 14, tzinfo=UTC), datetime(2021, 12, 1, tzinfo=UTC)
)


def by_key(now: Totals, before: Totals) -> dict[str, Figure]:
    return {one.key: one for one in figures(now, before, [], "previous 24 hours")}


def test_it_says_how_requests_changed_without_judging() -> None:
    figure = by_key(Totals(hits=86_412), Totals(hits=83_000))["requests"]
    assert str(figure.value) == "86,412"
    assert figure.change == Change("▲ 4.1 % vs previous 24 hours")


def test_it_judges_errors_in_points() -> None:
    figure = by_key(Totals(hits=1000, errors=34), Totals(hits=1000, errors=15))["errors"]
    assert str(figure.value) == "3.40 %"
    assert figure.change == Change("▲ 1.9 points, worse", "worse")


def test_it_judges_latencies_in_milliseconds() -> None:
    figure = by_key(Totals(hits=1, p95=214.0, p99=611.0), Totals(hits=1, p95=245.0, p99=612.0))
    assert figure["p95"].change == Change("▼ 31 ms, better", "better")
    assert figure["p99"].change == Change("no change")


def test_it_has_nothing_to_compare_with_when_there_was_nothing() -> None:
    figure = by_key(Totals(hits=10, p50=5.0), Totals())
    assert figure["requests"].change.words == "none in the previous 24 hours"
    assert figure["errors"].change.words == "nothing to compare with"
    assert figure["p50"].change.words == "nothing to compare with"
    assert str(by_key(Totals(), Totals())["p50"].value) == "–"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (0, 0, "no change"),
        (3, 0, "new"),
        (100, 100, "no change"),
        (103, 100, "▲ 3.0 %"),
        (59, 100, "▼ 41 %"),
        (600, 100, "▲ 6×"),
        (0, 7, "▼ 100 %"),
    ],
)
def test_it_says_relative_changes_in_few_words(now: int, before: int, words: str) -> None:
    assert relative(now, before) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.42, "0.4 ms"),
        (7.0, "7 ms"),
        (214.4, "214 ms"),
        (9_999, "9,999 ms"),
        (12_345, "12.3 s"),
    ],
)
def test_it_says_latencies_in_a_unit_that_fits(milliseconds: float | None, words: str) -> None:
    assert str(wording.latency(milliseconds)) == words


@pytest.mark.parametrize(
    ("part", "words"), [(0, "0.00 %"), (0.00001, "< 0.01 %"), (0.0342, "3.42 %"), (0.1534, "15.3 %"), (1, "100.0 %")]
)
def test_it_never_says_nothing_of_a_share_that_is_not_nothing(part: float, words: str) -> None:
    assert str(wording.share(part)) == words


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ("now-24h", "now", "Last 24 hours"),
        ("now-1M/M", "now/M", "Last month"),
        ("now/d", "now", "Today"),
        ("now-3h", "now", "Last 3 hours"),
        ("now-1w", "now", "Last week"),
        ("2026-10-25", "2026-10-27", "25 Oct 00:00 → 27 Oct 00:00"),
        ("2026-11-20T10:00", "2026-11-20T12:30", "20 Nov 10:00 → 12:30"),
        ("2025-12-30", "2026-01-02", "30 Dec 2025 00:00 → 2 Jan 00:00"),
    ],
)
def test_it_names_ranges(start: str, end: str, name: str) -> None:
    assert wording.range_name(resolve(start, end, ZoneInfo("Europe/Berlin"), None, NOW, KEPT)) == name


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=7), "7 days"),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(days=31, hours=1), "31 days"),
    ],
)
def test_it_says_how_long_a_time_is(time: timedelta, words: str) -> None:
    assert wording.length(time) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s ago"),
        (4, "4 s ago"),
        (119, "119 s ago"),
        (180, "3 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 days ago"),
    ],
)
def test_it_says_how_long_ago_something_was(seconds: int, words: str) -> None:
    assert wording.ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_it_has_words_for_every_status() -> None:
    assert wording.status_words(429) == "rate limit"
    assert wording.status_words(418) == "i'm a teapot"
    assert wording.status_words(599) == ""
