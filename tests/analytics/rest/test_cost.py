"""What the endpoints cost, and that they are described."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "activity/keys/endpoint/k01/",
        "activity/oauthid/endpoint/c/",
        "activity/keys/",
        "activity/keys/k01/",
        "usage/",
        "usage/apis/",
        "usage/apis/api01/",
    ],
)
def test_an_answer_costs_one_statement_however_much_there_is(
    rest: Callable[..., APIClient], bob: User, days: str, now: datetime, path: str, reads: Callable[..., Any]
) -> None:  # fmt: skip
    client = rest(bob)
    client.get("/api/usage/" + days)
    for size in (1, 15):
        store_traffic(
            RequestFactory(timestamp=now - timedelta(hours=n), api_id=f"api{n:02}", key=f"k{n:02}", oauth_client="c")
            for n in range(size))  # fmt: skip
        with reads(1):
            assert client.get(f"/api/{path}{days}", {"p": -1}).status_code == 200


def test_every_endpoint_is_described(days: str) -> None:
    paths = Client().get("/openapi.json").json()["paths"]
    dates = "{start_day}/{start_month}/{start_year}/{end_day}/{end_month}/{end_year}"
    for path in ("usage", "usage/apis", "usage/apis/{api}", "activity/keys", "activity/keys/{key}",
                 "activity/keys/endpoint/{key}", "activity/oauthid/endpoint/{client}"):  # fmt: skip
        described = paths[f"/api/{path}/{dates}"]["get"]
        assert {"p", "type", "by", "sort", "api_id", "api_version", "tags"} <= {
            parameter["name"] for parameter in described["parameters"] if parameter["in"] == "query"
        }
        assert set(described["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    assert {"start", "end", "p", "api", "errors", "key", "code"} == {
        parameter["name"] for parameter in paths["/api/logs"]["get"]["parameters"]
    }
