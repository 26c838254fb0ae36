"""Traffic that the REST tests ask about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic

Get = Callable[..., Any]


@pytest.fixture
def get(rest: Callable[..., APIClient], bob: User) -> Get:
    """Call an endpoint as bob, who may read everything of organisation A; gives the body."""
    client = rest(bob)

    def answer(path: str, status: int = 200, **query: Any) -> Any:
        response = client.get(path, query)
        assert response.status_code == status, response.content
        return response.json()

    return answer


@pytest.fixture
def days(now: datetime) -> str:
    """The last seven days as a path has them, unpadded."""
    first = now - timedelta(days=6)
    return f"{first.day}/{first.month}/{first.year}/{now.day}/{now.month}/{now.year}"


@pytest.fixture
def traffic(now: datetime) -> None:
    """Ten requests of A to two APIs with two keys, and one of B, at different stages of their way."""
    yesterday = now - timedelta(days=1)
    payments = {"api_id": "pay", "api_name": "Payments", "key": "k1", "alias": "Shop", "oauth_client": "c1"}
    search = {"api_id": "find", "api_name": "Search", "key": "k2", "api_version": "v2", "tags": ["eu", "mobile"]}
    store_traffic(
        [RequestFactory(**payments, timestamp=now - timedelta(minutes=age), path="/pay") for age in (1, 2, 3)]
    )
    store_traffic(
        [RequestFactory(**payments, timestamp=yesterday, path="/refund", status=code) for code in (200, 404, 500)],
        "days",
    )
    store_traffic(
        [RequestFactory(**search, timestamp=yesterday, path="/find", latency=10 * n) for n in (1, 2, 3)], "hours"
    )
    store_traffic(
        [RequestFactory(**{**search, "tags": ["eu"]}, timestamp=yesterday, path="/find", status=301)], "months"
    )
    store_traffic([RequestFactory(organisation="b" * 24, api_id="secret", api_name="Secret", timestamp=now, key="k1")])
