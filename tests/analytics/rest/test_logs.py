"""Single requests over REST."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.analytics.models import AnalyticsRecord
from tests.analytics.factories import RequestFactory, store_raw_records, store_traffic
from tests.analytics.rest.conftest import Get

pytestmark = pytest.mark.django_db

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
        ({"start": 1}, "end: "),
        ({"end": 1}, "start: "),
        ({"start": "x", "end": 1}, "start: "),
        ({"start": 2, "end": 1}, "end: it is before start"),
        ({"start": 1, "end": 10**15}, "end: "),
        ({"start": 1, "end": 2, "code": "x"}, "code: "),
        ({"start": 1, "end": 2, "p": 1002}, "p: the newest 10,000 requests have pages"),
    ],
)
def test_a_range_is_required_and_has_an_order(get: Get, query: Any, said: str) -> None:
    assert get("/api/logs/", 400, **query)["Message"].startswith(said)


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
