"""A page of a table is a part of the whole table, whatever the order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest

from apps.analytics import dimensions, queries
from apps.analytics.dimensions import Dimension
from apps.analytics.queries import Window
from apps.analytics.queries.breakdown import NAME_ORDERS, ORDER_EXPRESSIONS
from apps.core.tenancy import Scope
from tests.analytics.factories import STAGES, RequestFactory, store_traffic

pytestmark = pytest.mark.django_db

SCOPE = Scope("a" * 24)


@pytest.fixture
def window(now: datetime) -> Window:
    """Eleven keys of three APIs over forty days, at every stage, some of them with equal figures."""
    for number in range(33):
        key = f"k{number % 11}"
        request = RequestFactory(
            timestamp=now - timedelta(hours=31 * number),
            api_id=f"api{number % 3}",
            api_name=f"Name {number % 3}",
            key=key,
            alias=f"Customer {number % 11 % 5}",
            status=200 if number % 4 else 500,
            latency=10 * (number % 7),
            path=f"/{number % 6}",
        )
        store_traffic([request] * (1 + number % 2), STAGES[min(number // 2, 3)], raw=False)
    return Window(now - timedelta(days=45), now)


@pytest.mark.parametrize("dimension", [dimensions.KEY, dimensions.ENDPOINT, dimensions.TOTAL])
@pytest.mark.parametrize("options", [{"by_api": False}, {"by_api": True, "search": "1"}])
def test_pages_are_parts_of_the_table(window: Window, dimension: Dimension, options: dict[str, Any]) -> None:
    orders: list[Any] = [*ORDER_EXPRESSIONS, *NAME_ORDERS, "p95"]
    for order, descending in zip(orders, cycle([True, False]), strict=False):
        asked = {"order": order, "descending": descending, "percentiles": True, **options}
        table = queries.breakdown(SCOPE, window, dimension, **asked)
        for offset in (2, 50):
            page = queries.breakdown(SCOPE, window, dimension, limit=4, offset=offset, **asked)
            assert page.rows == table.rows[offset : offset + 4], asked
            assert page.count == len(table.rows)
