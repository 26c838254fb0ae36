"""Every question is one statement, however it is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.analytics import dimensions, queries
from apps.analytics.queries import TrafficFilters, Window, sql
from apps.core.tenancy import EVERYTHING, NOTHING, Scope
from tests.analytics.factories import STAGES, RequestFactory, store_traffic

pytestmark = pytest.mark.django_db

SCOPES = [Scope("a" * 24), EVERYTHING, Scope("a" * 24, frozenset({"pay", "find"}))]


@pytest.fixture
def window(now: datetime) -> Window:
    """Some weeks, with traffic at every stage of its way."""
    for number, stage in enumerate(STAGES):
        store_traffic(
            [RequestFactory(timestamp=now - timedelta(hours=30 * number), api_id="pay", key="k", tags=["x", "y"])],
            stage,
        )
    return Window(now - timedelta(days=40), now + timedelta(minutes=1))


@pytest.mark.parametrize("scope", SCOPES)
def test_every_query_is_one_statement(window: Window, scope: Scope, reads: Callable[..., Any]) -> None:
    zone, tags = ZoneInfo("Europe/Berlin"), TrafficFilters(tags=("x", "y"))
    questions: list[Callable[[], Any]] = [
        lambda: queries.totals(scope, window).hits,
        lambda: queries.totals(scope, window, tags).hits,
        lambda: queries.series(scope, window, "day", zone)[-1].totals.hits,
        lambda: queries.series(scope, window, "month", zone, TrafficFilters(key="k"))[-1].totals.hits,
        lambda: queries.breakdown(scope, window, dimensions.TOTAL, percentiles=True).rows,
        lambda: queries.breakdown(scope, window, dimensions.KEY, by_api=False, percentiles=True, limit=5).rows,
        lambda: queries.breakdown(scope, window, dimensions.KEY, order="p95", limit=5, search="k").rows,
        lambda: queries.breakdown(scope, window, dimensions.ENDPOINT, tags, limit=5).rows,
        lambda: queries.filter_options(scope, window).apis,
        lambda: queries.last_record(scope),
        lambda: queries.first_record(scope),
    ]
    for question in questions:
        with reads(1):
            assert question()


@pytest.mark.parametrize("filters", [TrafficFilters(), TrafficFilters(apis=("pay",))])
def test_a_series_finds_its_minutes_by_their_time(window: Window, filters: TrafficFilters) -> None:
    day = Window(window.end - timedelta(days=1), window.end)
    with CaptureQueriesContext(connection) as asked:
        queries.series(SCOPES[0], day, "quarter_hour", ZoneInfo("UTC"), filters)
    [statement] = [one["sql"] for one in asked.captured_queries if "analytics_" in one["sql"]]
    settled, pending = statement.count("FROM analytics_minute"), statement.count("NOT folded")
    assert statement.count("FROM analytics_slice") == pending < settled
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "organisation_dimension_api_bucket_idx" in plan, plan


def test_the_ledger_is_one_statement_and_for_whole_organisations(window: Window, reads: Callable[..., Any]) -> None:
    for scope in SCOPES[:2]:
        with reads(1):
            assert sum(hour.hits for hour in queries.ledger(scope, window)) == len(STAGES)
    with reads(0):
        assert queries.ledger(SCOPES[2], window) == []


def test_no_query_runs_when_nothing_is_visible(window: Window, reads: Callable[..., Any]) -> None:
    with reads(0):
        assert queries.totals(NOTHING, window).hits == 0
        assert queries.breakdown(NOTHING, window, dimensions.TOTAL).rows == []
        assert queries.breakdown(SCOPES[2], window, dimensions.TOTAL, TrafficFilters(apis=("other",))).rows == []
        assert len(queries.series(NOTHING, window, "day", ZoneInfo("UTC"))) == 41
        assert queries.filter_options(NOTHING, window).apis == []
        assert queries.records(NOTHING, window).rows == []
        assert queries.last_record(NOTHING) is queries.first_record(NOTHING) is None


def test_a_statement_that_takes_too_long_is_refused(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as impatience:
        impatience.setattr(sql, "STATEMENT_TIMEOUT", 0.001)
        with pytest.raises(queries.QueryTimeout, match="choose a shorter range"):
            sql.Statement().fetch("SELECT pg_sleep(5)::text")
    assert queries.last_record(SCOPES[0])


def test_other_failures_are_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", fail)
    with pytest.raises(OperationalError, match="away"):
        sql.Statement().fetch("SELECT 1")
