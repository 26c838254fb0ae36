"""How figures, times and ranges are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.analytics import formatting
from apps.analytics.queries.granularity import Retention
from apps.analytics.ranges import resolve

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
KEPT = Retention(
    datetime(2026, 11, 18, tzinfo=UTC), datetime(2025, 10, 14, tzinfo=UTC), datetime(2021, 12, 1, tzinfo=UTC)
)


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
    assert str(formatting.latency(milliseconds)) == words


@pytest.mark.parametrize(
    ("part", "words"), [(0, "0.00 %"), (0.00001, "< 0.01 %"), (0.0342, "3.42 %"), (0.1534, "15.3 %"), (1, "100.0 %")]
)
def test_it_never_says_nothing_of_a_share_that_is_not_nothing(part: float, words: str) -> None:
    assert str(formatting.percentage(part)) == words


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
    assert formatting.range_label(resolve(start, end, ZoneInfo("Europe/Berlin"), None, NOW, KEPT)) == name


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
    assert formatting.duration(time) == words


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
    assert formatting.ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_it_has_words_for_every_status() -> None:
    assert formatting.status_phrase(429) == "rate limit"
    assert formatting.status_phrase(418) == "i'm a teapot"
    assert formatting.status_phrase(599) == ""
