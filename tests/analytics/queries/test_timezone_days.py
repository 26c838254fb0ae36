"""Days of a zone, told by days of UTC and the hours between the midnights of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.analytics import queries
from apps.analytics.queries import Window, timezone_days
from apps.core.tenancy import Scope
from tests.analytics.factories import RequestFactory, store_traffic

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def test_edges_go_to_the_nearest_midnight() -> None:
    edges = [FIRST, FIRST + 22 * HOUR, FIRST + 49 * HOUR, FIRST + 3 * DAY, FIRST + 4 * DAY + 9 * HOUR]
    found = timezone_days.shifted(edges)
    assert found.edges == [FIRST, FIRST + DAY, FIRST + 2 * DAY, FIRST + 3 * DAY, edges[-1]]
    assert found.hours == [FIRST + 22 * HOUR, FIRST + 23 * HOUR, FIRST + 2 * DAY]


def test_edges_stay_when_their_midnight_is_not_between_the_first_and_the_last() -> None:
    edges = [FIRST + HOUR, FIRST + 5 * HOUR, FIRST + 22 * HOUR, FIRST + 23 * HOUR]
    assert timezone_days.shifted(edges) == timezone_days.Shifted(edges, [])


def test_edges_within_an_hour_stay() -> None:
    edge = FIRST + 2 * DAY + timedelta(minutes=30)
    assert timezone_days.shifted([FIRST, edge, FIRST + 5 * DAY]).hours == []


@pytest.fixture
def window(now: datetime) -> Window:
    """Ten days of Tokyo with five requests each, one of them an error: three before midnight of UTC, two after it.

    Every other day is slow, so that a percentile tells when requests of a neighbour are counted.
    """
    end = now.replace(hour=15, minute=0) - 5 * DAY
    start = end - 10 * DAY
    for hour, status in {0: 200, 3: 404, 5: 200, 9: 200, 20: 200}.items():
        store_traffic(
            [
                RequestFactory(timestamp=start + day * DAY + hour * HOUR, status=status, latency=900 if day % 2 else 9)
                for day in range(10)
            ],
            "months",
        )
    return Window(start, end)


@pytest.mark.django_db
def test_neighbours_do_not_count(window: Window) -> None:
    points = queries.series(Scope("a" * 24), window, "day", ZoneInfo("Asia/Tokyo"), with_min_max=False)

    found = [(one.totals.hits, one.totals.errors, one.client_errors, one.server_errors) for one in points]
    assert found == [(5, 1, 1, 0)] * 10
    percentiles = [(point.totals.p50, point.totals.p99) for point in points]
    assert len(set(percentiles[::2])) == len(set(percentiles[1::2])) == 1
    assert [p50 == p99 for p50, p99 in percentiles] == [True] * 10


@pytest.mark.django_db
def test_hours_are_read_at_midnights_only(window: Window) -> None:
    with CaptureQueriesContext(connection) as asked:
        queries.series(Scope("a" * 24), window, "day", ZoneInfo("Asia/Tokyo"), with_min_max=False)

    [statement] = [one["sql"] for one in asked.captured_queries if "analytics_" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}")
        plan = [line for (line,) in cursor.fetchall()]
    read = [
        float(line.split("rows=")[-1].split()[0])
        for line in plan
        if " on analytics_hour_" in line and "Bitmap Index" not in line
    ]
    # The hours before midnight with their errors, and at the end the two after it.
    assert sum(read) == 10 * (3 + 1) + 2, "\n".join(plan)
