"""Who may ask, and what is said to those who may not or ask for nonsense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from apps.analytics import filters, queries
from apps.analytics.viewsets import logs
from apps.analytics.viewsets import traffic as viewsets
from apps.core.tenancy import Scope
from apps.users.models import User
from tests.analytics.rest.conftest import Get
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("traffic")]

PATHS = [
    "activity/keys/endpoint/k1/",
    "activity/oauthid/endpoint/c1/",
    "activity/keys/",
    "activity/keys/k1/",
    "activity/keys/aggregate/k1,k2/",
    "activity/oauthid/c1/",
    "usage/",
    "usage/apis/",
    "usage/apis/pay/",
]
NOBODY = {"Status": "Error", "Message": "Not authorised", "Meta": None}


@pytest.fixture
def urls(days: str, now: datetime) -> list[str]:
    """One url of every endpoint."""
    log = f"/api/logs/?start={int(now.timestamp()) - 200_000}&end={int(now.timestamp())}"
    return [*(f"/api/{path}{days}" for path in PATHS), log]


def test_whoever_has_no_valid_key_is_not_authorised(rest: Callable[..., APIClient], urls: list[str]) -> None:
    for url in urls:
        assert rest().get(url).json() == NOBODY
        answer = rest().get(url, headers={"authorization": "f" * 32})
        assert (answer.status_code, answer.json()) == (401, NOBODY)


def test_both_slash_forms_answer_without_redirect(rest: Callable[..., APIClient], urls: list[str], bob: User) -> None:
    client = rest(bob)
    for url in urls:
        path, _, query = url.partition("?")
        forms = [client.get(f"{path.rstrip('/')}{slash}?{query}") for slash in ("", "/")]
        assert [form.status_code for form in forms] == [200, 200]
        assert forms[0].json() == forms[1].json()


def test_a_session_and_a_bearer_key_let_in_too(
    browser_of: Callable[[User], Client], rest: Callable[..., APIClient], urls: list[str], bob: User
) -> None:
    key = rest(bob)._credentials["HTTP_AUTHORIZATION"]
    for url in urls:
        by_key = Client().get(url, headers={"authorization": f"Bearer {key}"})
        assert browser_of(bob).get(url).json() == by_key.json()


def test_another_organisation_sees_nothing(
    rest: Callable[..., APIClient], urls: list[str], bob: User, dora: User
) -> None:
    stranger = rest(UserFactory())
    for url in urls:
        assert not [row for row in stranger.get(url).json()["data"] if row.get("hits", 1)], url
        assert [row for row in rest(bob).get(url).json()["data"] if row.get("hits", 1)], url
        assert [row for row in rest(dora).get(url).json()["data"] if row.get("hits", 1)], url


def test_a_super_user_sees_every_organisation(rest: Callable[..., APIClient], days: str, dora: User) -> None:
    assert sum(row["hits"] for row in rest(dora).get(f"/api/usage/{days}").json()["data"]) == 11
    apis = rest(dora).get(f"/api/usage/apis/{days}").json()["data"]
    assert {row["id"]["api_id"] for row in apis} == {"pay", "find", "secret"}


def test_somebody_limited_to_some_apis_sees_those(
    get: Get, urls: list[str], days: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for viewset, name in ((viewsets, "traffic_scope"), (filters, "scope_of"), (logs, "scope_of")):
        monkeypatch.setattr(viewset, name, lambda user: Scope("a" * 24, frozenset({"find"})))
    assert sum(row["hits"] for row in get(f"/api/usage/{days}")["data"]) == 4
    assert [row["id"]["api_id"] for row in get(f"/api/usage/apis/{days}")["data"]] == ["find"]
    assert [row["id"]["key"] for row in get(f"/api/activity/keys/{days}")["data"]] == ["k2"]
    assert {row["APIID"] for row in get(urls[-1])["data"]} == {"find"}
    refusal = {"Status": "Error", "Message": "User does not have access to the API with ID", "Meta": None}
    assert get(f"/api/usage/{days}", 403, api_id="pay") == refusal
    assert get(f"/api/usage/apis/pay/{days}", 403) == refusal
    assert get(f"{urls[-1]}&api=pay", 403) == refusal


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ("31/2/2024/1/3/2024", "31/2/2024 is no day"),
        ("1/13/2024/1/1/2025", "1/13/2024 is no day"),
        ("0/1/2024/1/1/2024", "0/1/2024 is no day"),
        ("x/1/2024/1/1/2024", "x/1/2024 is no day"),
        ("1/1/2024/-1/1/2024", "-1/1/2024 is no day"),
        ("1/1/2024/31/12/9999", "31/12/9999 is no day"),
        ("1/1/2024/1/1/20240", "1/1/20240 is no day"),
        ("٣/1/2024/4/1/2024", "٣/1/2024 is no day"),
        ("2/1/2024/1/1/2024", "the end 2024-01-01 is before the start 2024-01-02"),
    ],
)
def test_dates_that_are_none_are_refused(get: Get, dates: str, said: str) -> None:
    for path in PATHS:
        message = get(f"/api/{path}{dates}", 400)["Message"]
        assert message.startswith("Dates must be {start day}/")
        assert message.endswith(said)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"res": "minute"}, "res:"),
        ({"sort": "up"}, "sort:"),
        ({"by": "colour"}, "by: there is no column 'colour'"),
        ({"type": "xml"}, "type:"),
        ({"tags": ["a\0", "b"]}, "tags:"),
        ({"api_id": "\0"}, "api_id:"),
    ],
)
def test_parameters_that_cannot_be_are_refused(get: Get, days: str, query: Any, said: str) -> None:
    assert get(f"/api/usage/{days}", 400, **query)["Message"].startswith(said)


def test_a_key_that_is_no_text_is_refused(get: Get, days: str) -> None:
    for path in ("activity/keys/k%00", "activity/keys/endpoint/%00", "activity/oauthid/endpoint/%00", "usage/apis/%00"):
        assert get(f"/api/{path}/{days}", 400)["Message"] == "Key could not be decoded"


def test_a_key_may_be_any_text(get: Get, days: str) -> None:
    for key in ("a%2Fb", "endpoint", "eyJvcmciOiI1In0%3D", "%22%3B--", "a%20b", "%C3%A9"):
        assert get(f"/api/activity/keys/endpoint/{key}/{days}")["data"] == []


def test_a_range_of_too_many_buckets_is_refused(get: Get, settings: Any) -> None:
    settings.ANALYTICS_DAY_YEARS = 100
    assert "more than 20,000 points" in get("/api/usage/1/1/2020/31/12/9998", 400, res="day")["Message"]


def test_a_database_that_fails_is_reported_as_documented(
    get: Get, urls: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("secret detail")

    for name in ("breakdown", "series", "records"):
        monkeypatch.setattr(queries, name, fail)
    for url in urls:
        assert get(url, 500) == {"Status": "Error", "Message": "Failed to fetch analytics", "Meta": None}
    assert "secret detail" in caplog.text


def test_writing_is_not_allowed(rest: Callable[..., APIClient], urls: list[str], alice: User) -> None:
    assert {rest(alice).post(url, {}).status_code for url in urls} == {405}
