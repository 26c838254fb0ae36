"""Migrations of traffic that is there already."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from apps.analytics import dimensions, rollup
from tests.analytics import naive_aggregation, stored_aggregates
from tests.analytics.naive_aggregation import Hit
from tests.analytics.pump_traffic import store_hits
from tests.analytics.test_rollup import MUCH_LATER, TEN, assert_all_levels_have

pytestmark = pytest.mark.django_db


def test_errors_counted_before_there_was_a_dimension_for_them_are_counted_for_the_whole_organisation() -> None:
    hits = [
        Hit(timestamp=TEN + timedelta(minutes=n), api_id=f"api{n % 2}", status=status, latency=n + 1)
        for n, status in enumerate([200, 404, 404, 500, 304])
    ]
    store_hits(hits)
    rollup.fold()
    rollup.roll_up(MUCH_LATER)
    late = [Hit(timestamp=TEN, status=404, latency=7), Hit(timestamp=TEN, status=503)]
    store_hits(late, first=10)
    rollup.fold()
    store_hits(late, first=20)

    with connection.cursor() as cursor:
        for operation in import_module("apps.analytics.migrations.0002_overall_errors").Migration.operations:
            cursor.execute(operation.reverse_sql)
    for level in stored_aggregates.LEVELS:
        assert not stored_aggregates.hits(dimensions.OVERALL_ERROR, level)
    with connection.cursor() as cursor:
        for operation in import_module("apps.analytics.migrations.0002_overall_errors").Migration.operations:
            cursor.execute(operation.sql)

    assert_all_levels_have([*hits, *late, *late])
    assert {
        key.value for key in naive_aggregation.aggregate(hits) if key.dimension == dimensions.OVERALL_ERROR.code
    } == {
        "404",
        "500",
    }
