"""A month that still goes on answers for its days so far, unless something is stamped later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.analytics import queries
from apps.analytics.queries import Window, coverage
from apps.analytics.queries.coverage import Segment
from apps.analytics.queries.granularity import Level
from apps.core.tenancy import Scope
from tests.analytics.factories import STAGES, RequestFactory, Stage, store_traffic

SCOPE = Scope("a" * 24)
#: The first of last month, and a moment of its twenties that is taken for now.
FIRST = (datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)).replace(day=1)
NOW = FIRST + timedelta(days=20, hours=15)


@pytest.fixture
def freeze_now(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to have the clock of the queries stand."""
    return lambda: monkeypatch.setattr("apps.analytics.queries.granularity.timezone.now", lambda: NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("later", [False, True])
def test_it_is_read_by_the_month_unless_something_is_later(
    freeze_now: Callable[[], None], stage: Stage, later: bool
) -> None:
    store_traffic(
        [RequestFactory(timestamp=NOW - timedelta(days=days, hours=1), latency=100) for days in range(21)], stage
    )
    store_traffic([RequestFactory(timestamp=NOW + timedelta(hours=1), latency=9_000)] if later else [], stage)
    freeze_now()

    with CaptureQueriesContext(connection) as asked:
        found = queries.totals(SCOPE, Window(FIRST, NOW))

    assert (found.hits, found.max_latency) == (21, 100)
    [statement] = [one["sql"] for one in asked.captured_queries if "analytics_" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE) {statement}")
        plan = [line for (line,) in cursor.fetchall()]
    months = [line for line in plan if " on analytics_month " in line and "never executed" not in line]
    assert bool(months) is not later, "\n".join(plan)


@pytest.mark.django_db
@pytest.mark.parametrize("stage", STAGES)
def test_the_hour_that_the_range_ends_in_counts_once(
    now: datetime, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr(coverage, "MIN_OPEN_MONTH", timedelta(0))
    window = Window(now.replace(day=1, hour=0, minute=0), now)
    store_traffic([RequestFactory(timestamp=now - age) for age in (timedelta(minutes=10), timedelta(hours=3))], stage)

    with CaptureQueriesContext(connection) as asked:
        assert queries.totals(SCOPE, window).hits == 2
    assert any("FROM analytics_month" in one["sql"] for one in asked.captured_queries)


def test_only_ranges_that_go_on_until_now_are_answered_so(freeze_now: Callable[[], None]) -> None:
    freeze_now()
    third, end, before = FIRST.replace(day=3), NOW + timedelta(minutes=1), FIRST - timedelta(days=40)
    whole = Segment(Level.MONTH, FIRST, Level.MONTH.next(FIRST))
    assert coverage.open_month([FIRST, end]) == whole
    assert coverage.open_month([before, end]) == whole
    assert coverage.open_month([before, FIRST, end]) == whole
    assert coverage.open_month([third, end]) is None
    assert coverage.open_month([FIRST, third, end]) is None
    assert coverage.open_month([FIRST, NOW - timedelta(minutes=1)]) is None
    assert coverage.open_month([FIRST, FIRST + timedelta(days=6)], FIRST) is None
