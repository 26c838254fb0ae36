"""Traffic of two organisations, and people who look at it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.analytics.factories import Request, RequestFactory, store_traffic

PAYMENTS, ORDERS = "1" * 32, "2" * 32
SECRET = "5" * 32


@pytest.fixture
def traffic(organisation_a: object, organisation_b: object) -> list[Request]:
    """An hour of A's traffic of two APIs, and B's of one whose name A must never read."""
    now = timezone.now()
    requests = [*_payments(now), *_orders(now)]
    store_traffic(requests)
    store_traffic(
        RequestFactory.build_batch(
            7, organisation="b" * 24, timestamp=now, api_id=SECRET, api_name="Secret", path="/secret", key="beta-key"
        )
    )
    return requests


def _payments(now: datetime) -> list[Request]:
    ago = timedelta(minutes=5)
    return [
        *RequestFactory.build_batch(
            12, timestamp=now - ago, key="k1", alias="Mobile app", path="/pay", api_version="v1"
        ),
        *RequestFactory.build_batch(3, timestamp=now - ago, status=503, latency=900, tags=("gold", "team-blue")),
    ]


def _orders(now: datetime) -> list[Request]:
    orders = {"api_id": ORDERS, "api_name": "Orders", "timestamp": now - timedelta(minutes=20)}
    return [
        *RequestFactory.build_batch(5, path="/orders", method="POST", **orders),
        *RequestFactory.build_batch(2, status=404, **orders),
        *RequestFactory.build_batch(1, status=304, **orders),
    ]
