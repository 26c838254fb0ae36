"""Single requests over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.analytics import partitions
from apps.analytics.models import AnalyticsRecord
from apps.analytics.queries import Window
from apps.core import pagination
from apps.core.tenancy import Scope
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_raw_records, store_traffic
from tests.analytics.rest.conftest import Get

pytestmark = pytest.mark.django_db

#: The module, which the package hides behind its function of the same name.
records = import_module("apps.analytics.queries.records")

NAMES = {
    "id", "Method", "Host", "Path", "RawPath", "ContentLength", "UserAgent", "Day", "Month", "Year", "Hour",
    "ResponseCode", "APIKey", "TimeStamp", "APIVersion", "APIName", "APIID", "OrgID", "OauthID", "RequestTime",
    "Latency", "RawRequest", "RawResponse", "IPAddress", "Geo", "Network", "Tags", "Alias", "TrackPath", "ExpireAt",
}  # fmt: skip


@pytest.fixture
def ends(now: datetime) -> dict[str, int]:
    """The last two days as a query has them."""
    return {"start": int((now - timedelta(days=2)).timestamp()), "end": int(now.timestamp())}


def test_a_record_has_the_names_of_the_gateways_record(get: Get, ends: dict[str, int], now: datetime) -> None:
    moment = now - timedelta(hours=3, microseconds=-250_000)
    sent = RequestFactory(timestamp=moment, country="GB", tags=["eu"], latency=30, upstream_latency=25)
    store_traffic([sent])
    [record] = get("/api/logs/", **ends)["data"]
    assert set(record) == NAMES
    assert record["id"] == str(sent.record_id)
    assert record["TimeStamp"] == f"{moment:%Y-%m-%dT%H:%M:%S}.25Z"
    assert (record["Day"], record["Month"], record["Year"], record["Hour"]) == (
        moment.day, moment.month, moment.year, moment.hour,
    )  # fmt: skip
    assert record["Latency"] == {"Total": 30, "Upstream": 25}
    assert record["Geo"]["Country"] == {"ISOCode": "GB"}
    assert record["Network"] == {"OpenConnections": 0, "ClosedConnection": 0, "BytesIn": 0, "BytesOut": 0}
    assert (record["ResponseCode"], record["Tags"], record["APIKey"]) == (200, ["eu"], "00000000")


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, [200, 200, 200, 200, 200, 200, 200, 301, 404, 500]),
        ({"api": "find"}, [200, 200, 200, 301]),
        ({"errors": "1"}, [404, 500]),
        ({"errors": "0", "key": "k2"}, [200, 200, 200, 301]),
        ({"code": "500"}, [500]),
        ({"key": "k1", "code": "404"}, [404]),
        ({"key": "k2", "errors": "1"}, []),
        ({"api": "secret"}, []),
    ],
)
def test_filters_keep_the_requests_that_have_it_all(get: Get, ends: dict[str, int], query: Any, codes: Any) -> None:
    answer = get("/api/logs/", **ends, **query, p=-1)
    assert sorted(record["ResponseCode"] for record in answer["data"]) == codes
    assert answer["pages"] == 1
    times = [record["TimeStamp"] for record in answer["data"]]
    assert times == sorted(times, reverse=True)


def test_pages_have_ten_records(get: Get, ends: dict[str, int], now: datetime) -> None:
    store_raw_records(RequestFactory(timestamp=now - timedelta(seconds=age)) for age in range(1, 24))
    pages = [get("/api/logs", **ends, p=page) for page in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [10, 10, 3, 0]
    assert {page["pages"] for page in pages} == {3}
    assert get("/api/logs", **ends, p=0)["data"] == [record for page in pages for record in page["data"]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"end": 1}, "start: "),
        ({"start": "x", "end": 1}, "start: "),
        ({"start": 2, "end": 1}, "end: it is before start"),
        ({"start": 1, "end": 10**15}, "end: "),
        ({"start": 1, "end": 2, "code": "x"}, "code: "),
        ({"start": 1, "end": 2, "p": 1002}, "p: the newest 10,000 requests have pages"),
    ],
)
def test_a_start_is_required_and_a_range_has_an_order(get: Get, query: Any, said: str) -> None:
    assert get("/api/logs/", 400, **query)["Message"].startswith(said)


@pytest.mark.parametrize("query", [{}, {"p": 1}, {"p": -1, "api": "pay"}])
@pytest.mark.usefixtures("traffic")
def test_a_range_without_end_is_until_now(get: Get, ends: dict[str, int], query: Any) -> None:
    store_traffic([RequestFactory(timestamp=datetime.now(UTC) + timedelta(hours=3), api_id="pay")])
    until_now = {"start": ends["start"], "end": int(datetime.now(UTC).timestamp()) + 1}
    assert get("/api/logs/", start=ends["start"], **query) == get("/api/logs/", **until_now, **query)
    assert get("/api/logs/", start=4_000_000_000)["data"] == []


@pytest.mark.django_db(transaction=True)
def test_every_request_is_streamed_where_there_are_many(
    rest: Callable[..., APIClient], bob: User, now: datetime, ends: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "MOST_AT_ONCE", 10)
    monkeypatch.setattr(records, "_FIRST_BATCH", 4)
    partitions.maintain()
    store_raw_records(RequestFactory(timestamp=now - timedelta(seconds=age), status=200 + age) for age in range(60))
    answer = rest(bob).get("/api/logs/", ends | {"end": ends["end"] + 1, "p": -1})
    assert answer.streaming
    body = json.loads(b"".join(answer.streaming_content))
    assert body["pages"] == 1
    assert [row["ResponseCode"] for row in body["data"]] == list(range(200, 260))
    assert set(body["data"][0]) == NAMES


def test_large_messages_are_read_few_at_a_time(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_BATCH_BYTES", 10_000)
    monkeypatch.setattr(records, "_FIRST_BATCH", 2)
    store_raw_records(RequestFactory(timestamp=now - timedelta(seconds=age)) for age in range(12))
    AnalyticsRecord.objects.update(raw_request="a" * 1_000, raw_response="b" * 1_500)
    asked, read = [], records.records

    def counted(*args: Any, **options: Any) -> Any:
        asked.append(options["limit"])
        return read(*args, **options)

    monkeypatch.setattr(records, "records", counted)
    window = Window(now - timedelta(minutes=1), now + timedelta(seconds=1))
    assert len(list(records.every_record(Scope("a" * 24), window))) == 12
    assert asked == [2, 4, 4, 4]


def test_what_few_records_have_goes_by_the_gateways_names(get: Get, ends: dict[str, int], now: datetime) -> None:
    store_traffic([RequestFactory(timestamp=now - timedelta(hours=1), country="GB")])
    details = {
        "city": {"GeoNameID": 2643743, "Names": {"en": "London"}},
        "location": {"Latitude": 51.5, "Longitude": -0.1, "TimeZone": "Europe/London"},
        "network": {"OpenConnections": 1, "ClosedConnection": 2, "BytesIn": 30, "BytesOut": 40},
    }
    AnalyticsRecord.objects.update(details=details)
    [record] = get("/api/logs/", **ends)["data"]
    assert (record["Geo"]["City"], record["Geo"]["Location"]) == (details["city"], details["location"])
    assert record["Network"] == details["network"]
