"""Courses of several APIs: the same figures as totals, hour by hour, at every stage of the roll-up."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.analytics import queries
from apps.core.tenancy import NOTHING, Scope
from tests.analytics.factories import STAGES, RequestFactory, Stage, store_traffic

pytestmark = pytest.mark.django_db

A, ONE, TWO = "a" * 24, "1" * 32, "2" * 32
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def day_until(now: datetime) -> queries.Window:
    return queries.Window(now - DAY, now)


@pytest.mark.parametrize("stage", STAGES[:2])
def test_a_course_is_the_requests_of_each_hour(stage: Stage) -> None:
    now = timezone.now()
    requests = [RequestFactory(api_id=ONE, timestamp=now - HOUR * hour - timedelta(minutes=1)) for hour in range(3)]
    requests += [RequestFactory(api_id=ONE, timestamp=now - timedelta(minutes=2), status=500)]
    requests += [RequestFactory(api_id=TWO, timestamp=now - timedelta(minutes=2))]
    store_traffic(requests, stage=stage)
    found = queries.courses(Scope(A), day_until(now), now - 2 * DAY, [ONE])
    assert found.keys() == {ONE}
    assert (found[ONE].hits, found[ONE].errors, found[ONE].error_rate) == (4, 1, 0.25)
    assert sum(found[ONE].points) == 4
    assert found[ONE].points[-1] + found[ONE].points[-2] >= 2
    assert len(found[ONE].points) == 25


def test_what_came_before_the_window_says_when_it_was_called_last() -> None:
    now = timezone.now()
    store_traffic([RequestFactory(api_id=ONE, timestamp=now - 2 * DAY)])
    found = queries.courses(Scope(A), day_until(now), now - 3 * DAY, [ONE, TWO])
    assert found.keys() == {ONE}
    assert found[ONE].hits == sum(found[ONE].points) == 0
    assert found[ONE].last_hit is not None
    assert abs(found[ONE].last_hit - (now - 2 * DAY)) < timedelta(seconds=1)
    assert queries.courses(Scope(A), day_until(now), now - 2 * DAY + HOUR, [ONE]) == {}


@pytest.mark.parametrize("scope", [NOTHING, Scope("b" * 24), Scope(A, frozenset({TWO}))])
def test_nobody_is_told_of_what_is_out_of_their_scope(scope: Scope) -> None:
    now = timezone.now()
    store_traffic([RequestFactory(api_id=ONE, timestamp=now - HOUR)])
    assert queries.courses(Scope(A), day_until(now), now - 2 * DAY, [ONE]).keys() == {ONE}
    assert queries.courses(scope, day_until(now), now - 2 * DAY, [ONE]) == {}
