"""What the endpoints of traffic answer: rows, filters, order, pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.analytics.caps import OTHER
from tests.analytics.factories import RequestFactory, store_traffic
from tests.analytics.rest.conftest import Get

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("traffic")]

#: A row as the reference prints it; the time is the only value that is ours.
EXAMPLE = {
    "id": {
        "day": 0, "month": 0, "year": 0, "hour": 0, "code": 0, "path": "/anything", "key": "", "alias": "", "url": "",
        "iso_country": "", "api_id": "41351a6a94094da05f75146a695a16f6", "api_name": "",
    },
    "hits": 1, "success": 1, "error": 0, "last_hit": "…", "request_time": 0, "latency": 217, "upstream_latency": 217,
    "max_upstream_latency": 217, "min_upstream_latency": 217, "max_latency": 217, "min_latency": 217,
}  # fmt: skip


def test_a_row_is_the_example_of_the_reference_to_the_letter(get: Get, now: datetime, days: str) -> None:
    moment = now.replace(hour=7, minute=52, second=49, microsecond=667_000)
    store_traffic([
        RequestFactory(timestamp=moment, path="/anything", api_id="41351a6a94094da05f75146a695a16f6", key="abc",
                       oauth_client="client", request_time=0, latency=217, upstream_latency=217)
    ])  # fmt: skip
    expected = EXAMPLE | {"last_hit": f"{moment:%Y-%m-%d}T07:52:49.667Z"}
    for path in ("keys/endpoint/abc", "oauthid/endpoint/client"):
        answer = get(f"/api/activity/{path}/{days}")
        assert answer == {"data": [expected], "pages": 1}
        assert list(answer["data"][0]) == list(EXAMPLE)
        assert all(isinstance(answer["data"][0][name], int) for name in ("request_time", "latency", "upstream_latency"))


def column(rows: list[Any], *names: str) -> list[Any]:
    """Columns of rows; those of the id by their own names."""
    return [tuple({**row["id"], **row}[name] for name in names) for row in rows]


def test_endpoints_of_a_key_are_apart_by_path_and_api(get: Get, days: str) -> None:
    rows = get(f"/api/activity/keys/endpoint/k1/{days}")["data"]
    assert column(rows, "path", "api_id", "hits", "success", "error") == [
        ("/pay", "pay", 3, 3, 0),
        ("/refund", "pay", 3, 1, 2),
    ]
    assert column(rows, "key", "alias", "api_name", "code", "day") == [("", "", "", 0, 0)] * 2


def test_endpoints_of_a_client_are_apart_by_path_and_api(get: Get, days: str) -> None:
    rows = get(f"/api/activity/oauthid/endpoint/c1/{days}")["data"]
    assert column(rows, "path", "api_id", "hits") == [("/pay", "pay", 3), ("/refund", "pay", 3)]


@pytest.mark.parametrize("path", ["keys/endpoint", "oauthid/endpoint"])
def test_a_key_or_client_that_nobody_used_has_no_rows(get: Get, days: str, path: str) -> None:
    assert get(f"/api/activity/{path}/unknown/{days}") == {"data": [], "pages": 1}


def test_usage_is_by_day_with_zeros_for_gaps(get: Get, days: str, now: datetime) -> None:
    rows = get(f"/api/usage/{days}")["data"]
    wanted = [now.date() - timedelta(days=age) for age in range(6, -1, -1)]
    assert column(rows, "day", "month", "year", "hour") == [(day.day, day.month, day.year, 0) for day in wanted]
    assert column(rows, "hits", "success", "error") == [(0, 0, 0)] * 5 + [(7, 4, 2), (3, 3, 0)]
    assert rows[0]["last_hit"] == "0001-01-01T00:00:00Z"
    assert rows[0]["min_latency"] == rows[0]["latency"] == 0


def test_usage_is_by_hour_and_month_too(get: Get, days: str, now: datetime) -> None:
    hours = get(f"/api/usage/{days}", res="hour", p=-1)["data"]
    assert len(hours) == 7 * 24
    assert column([hours[-12]], "day", "month", "year", "hour", "hits") == [(now.day, now.month, now.year, 12, 3)]
    months = get(f"/api/usage/{days}", res="month", p=-1)["data"]
    assert column(months[-1:], "day", "month", "year") == [(0, now.month, now.year)]
    assert sum(row["hits"] for row in months) == sum(row["hits"] for row in hours) == 10


def test_usage_of_apis_names_them(get: Get, days: str) -> None:
    rows = get(f"/api/usage/apis/{days}", by="Hits", sort="-1", p=-1)["data"]
    assert column(rows, "api_id", "api_name", "hits") == [("pay", "Payments", 6), ("find", "Search", 4)]
    assert get(f"/api/usage/apis/find/{days}", by="Hits", sort=1, p=0)["data"] == rows[1:]


def test_activity_of_keys_names_keys_by_their_alias(get: Get, days: str) -> None:
    rows = get(f"/api/activity/keys/{days}", p=-1)["data"]
    assert column(rows, "key", "alias", "api_id", "hits") == [("k1", "Shop", "", 6), ("k2", "", "", 4)]


def test_one_client_is_a_series_with_res_and_its_endpoints_without(get: Get, days: str) -> None:
    series = get(f"/api/activity/oauthid/c1/{days}", res="day", p=-1)["data"]
    assert column(series, "hits", "error") == [(0, 0)] * 5 + [(3, 2), (3, 0)]
    endpoints = get(f"/api/activity/oauthid/c1/{days}")
    assert endpoints == get(f"/api/activity/oauthid/endpoint/c1/{days}")
    assert column(endpoints["data"], "path", "api_id", "hits") == [("/pay", "pay", 3), ("/refund", "pay", 3)]
    assert get(f"/api/activity/oauthid/unknown/{days}") == {"data": [], "pages": 1}


@pytest.mark.parametrize(
    ("keys", "hits"),
    [
        ("k1", [0, 0, 0, 0, 0, 3, 3]),
        ("k1,k2,", [0, 0, 0, 0, 0, 7, 3]),
        ("k2,k1,k2", [0, 0, 0, 0, 0, 7, 3]),
        (",k2", [0, 0, 0, 0, 0, 4, 0]),
        ("unknown,k2", [0, 0, 0, 0, 0, 4, 0]),
        ("unknown", [0] * 7),
    ],
)
def test_several_keys_add_up_to_one_series(get: Get, days: str, keys: str, hits: list[int]) -> None:
    path = f"/api/activity/keys/aggregate/{keys}/{days}"
    assert [row["hits"] for row in get(path, res="day", p=-1)["data"]] == hits
    assert [row["hits"] for row in get(path, p=-1)["data"]] == hits
    (month,) = [row for row in get(path, res="month", p=-1)["data"] if row["hits"]] or [{"hits": 0}]
    assert month["hits"] == sum(hits)
    of_search = get(path, res="day", p=-1, api_id="find")["data"]
    assert sum(row["hits"] for row in of_search) == (4 if "k2" in keys else 0)
    tagged = get(path, res="day", p=-1, tags="mobile")["data"]
    assert sum(row["hits"] for row in tagged) == (3 if "k2" in keys else 0)


@pytest.mark.parametrize("keys", [",", ",,", ",".join(f"k{number}" for number in range(101))])
def test_keys_that_are_none_or_too_many_are_refused(get: Get, days: str, keys: str) -> None:
    message = get(f"/api/activity/keys/aggregate/{keys}/{days}", 400)["Message"]
    assert message == "The path must name 1 to 100 keys, apart by commas"


@pytest.mark.parametrize("number", [21, 1_000])
def test_too_many_tags_are_refused(get: Get, days: str, number: int) -> None:
    tags = ",".join(f"t{one}" for one in range(number))
    for path in (f"/api/usage/{days}", f"/api/activity/keys/k1/{days}"):
        assert get(path, 400, tags=tags)["Message"] == "tags: there are more than 20"
    assert get(f"/api/usage/{days}", tags=",".join(["mobile", *(f"t{one}" for one in range(19))]))["pages"] == 1


@pytest.mark.parametrize(
    ("path", "res", "said"),
    [
        ("usage", "hour", "res: hours are kept since "),
        ("activity/keys/k1", "hour", "res: hours are kept since "),
        ("usage", "day", "res: days are kept since "),
    ],
)
def test_buckets_finer_than_what_is_kept_are_refused_with_what_is(
    get: Get, now: datetime, settings: Any, path: str, res: str, said: str
) -> None:
    settings.ANALYTICS_HOUR_MONTHS, settings.ANALYTICS_DAY_YEARS = 2, 3
    first = now - timedelta(days=5 * 365)
    dates = f"{first.day}/{first.month}/{first.year}/{now.day}/{now.month}/{now.year}"
    message = get(f"/api/{path}/{dates}", 400, res=res)["Message"]
    assert message.startswith(said)
    assert message.endswith("begin later, or ask for res=month")
    since = datetime.strptime(message.removeprefix(said)[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    kept = f"{since.day}/{since.month}/{since.year}/{now.day}/{now.month}/{now.year}"
    assert get(f"/api/{path}/{kept}", res=res)["pages"] > 1


def test_without_res_buckets_are_as_fine_as_is_kept(get: Get, now: datetime, settings: Any) -> None:
    settings.ANALYTICS_DAY_YEARS = 1
    first = now - timedelta(days=3 * 365)
    dates = f"{first.day}/{first.month}/{first.year}/{now.day}/{now.month}/{now.year}"
    rows = get(f"/api/usage/{dates}", p=-1)["data"]
    assert 36 <= len(rows) <= 38
    assert {row["id"]["day"] for row in rows} == {0}


def test_one_key_is_a_series_with_res_and_its_endpoints_without(get: Get, days: str) -> None:
    series = get(f"/api/activity/keys/k1/{days}", res="day", p=-1)["data"]
    assert column(series, "hits", "error") == [(0, 0)] * 5 + [(3, 2), (3, 0)]
    assert get(f"/api/activity/keys/k1/{days}") == get(f"/api/activity/keys/endpoint/k1/{days}")


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ({}, 10),
        ({"api_id": "pay"}, 6),
        ({"api_version": "v2"}, 4),
        ({"api_version": "Non Versioned"}, 6),
        ({"tags": "eu"}, 4),
        ({"tags": "eu,mobile"}, 3),
        ({"tags": ["eu", "mobile"]}, 3),
        ({"tags": "eu,", "api_id": "pay"}, 0),
        ({"api_version": "v2", "tags": "mobile"}, 3),
        ({"api_id": "unknown"}, 0),
        ({"api_id": ""}, 10),
        ({"accept_additional_properties": "true"}, 10),
    ],
)
def test_filters_keep_the_requests_that_have_it_all(get: Get, days: str, query: Any, hits: int) -> None:
    assert sum(row["hits"] for row in get(f"/api/usage/{days}", **query)["data"]) == hits
    assert sum(row["hits"] for row in get(f"/api/usage/apis/{days}", **query)["data"]) == hits
    assert sum(row["hits"] for row in get(f"/api/activity/keys/{days}", **query)["data"]) == hits


def test_pages_have_ten_rows(get: Get, days: str, now: datetime) -> None:
    store_traffic([RequestFactory(timestamp=now, key=f"many{number:02}") for number in range(23)])
    pages = [get(f"/api/activity/keys/{days}", p=page) for page in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [10, 10, 5, 0]
    assert {page["pages"] for page in pages} == {3}
    everything = get(f"/api/activity/keys/{days}", p=-1)
    assert everything["pages"] == 1
    assert everything["data"] == [row for page in pages for row in page["data"]]
    assert get(f"/api/activity/keys/{days}") == get(f"/api/activity/keys/{days}", p="x") == pages[0]
    assert get(f"/api/activity/keys/{days}", p=10**30)["data"] == []
    assert len(get(f"/api/usage/{days}", res="hour", p=17)["data"]) == 168 - 160


@pytest.mark.parametrize(
    ("by", "sort", "first"),
    [
        ("Hits", "1", "find"),
        ("hits", "-1", "pay"),
        ("error", "-1", "pay"),
        ("Errors", "1", "find"),
        ("api_name", "1", "pay"),
        ("id.api_id", "1", "find"),
        ("last_hit", "1", "find"),
        ("LastHit", "-1", "pay"),
        ("max_latency", "-1", "find"),
    ],
)
def test_tables_are_ordered_as_requested(get: Get, days: str, by: str, sort: str, first: str) -> None:
    assert get(f"/api/usage/apis/{days}", by=by, sort=sort)["data"][0]["id"]["api_id"] == first


def test_series_are_ordered_as_requested(get: Get, days: str) -> None:
    for by in ("hits", "last_hit"):
        rows = get(f"/api/usage/{days}", by=by, p=-1)["data"]
        figures = [row[by] for row in rows]
        assert figures == sorted(figures, reverse=True)
    backwards = get(f"/api/usage/{days}", sort=-1)["data"]
    assert backwards == get(f"/api/usage/{days}")["data"][::-1]


def test_both_ends_are_whole_days_in_utc(get: Get, now: datetime) -> None:
    day = now - timedelta(days=10)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    store_traffic([
        RequestFactory(timestamp=midnight - timedelta(microseconds=1)),
        RequestFactory(timestamp=midnight),
        RequestFactory(timestamp=midnight + timedelta(days=1, microseconds=-1)),
        RequestFactory(timestamp=midnight + timedelta(days=1)),
    ], "hours")  # fmt: skip
    segment = f"{day.day}/{day.month}/{day.year}"
    assert column(get(f"/api/usage/{segment}/{segment}")["data"], "hits") == [(2,)]
    padded = f"{day:%d/%m/%Y}"
    assert get(f"/api/usage/{padded}/{padded}") == get(f"/api/usage/{segment}/{segment}")


def test_rare_keys_are_a_row_that_nobody_can_ask_for(get: Get, now: datetime, days: str) -> None:
    store_traffic([RequestFactory(timestamp=now, key=key, status=404) for key in (OTHER, "other")])
    rows = get(f"/api/activity/keys/{days}")["data"]
    assert {(OTHER,), ("other",)} <= set(column(rows, "key"))
    assert [len(get(f"/api/activity/keys/{key}/{days}")["data"]) for key in (OTHER, "other")] == [0, 1]
