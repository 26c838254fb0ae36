"""Whatever a record holds costs only itself: pages, panels, files and REST answer for the others, and for it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.analytics import exports, panels, pipeline, rollup
from apps.analytics.models import HourAggregate
from apps.users.models import User
from tests.examples import examples
from tests.pump.payloads import request
from tests.pump.storing import store_slice

pytestmark = pytest.mark.django_db

ORGANISATION = "a" * 24
MOMENT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
TEXT_FIELDS = (
    "Method Host Path RawPath UserAgent APIKey APIVersion APIName APIID OauthID RawRequest RawResponse IPAddress"
    " Alias OriginalPath ListenPath country"
).split()
ODD_TEXTS = [
    *(
        "",
        " ",
        "\n",
        "\r\n",
        "\0",
        "\x1b[31m",
        "\x85",
        "\u2028",
        ".",
        "..",
        "../..",
        "/",
        "//",
        "a/b",
        "a/panels/figures",
    ),
    *("~", "~x", "~Li4", "?", "a?b=c&d", "#", "%", "%00", "%2F", "%s", "{}", "{{ x }}", "{% x %}", "\\", "'", '"', ";"),
    *(
        "<script>",
        "&lt;",
        "=1+1",
        "-1",
        "0",
        "null",
        "00000000",
        "٣",
        "²",
        "\ud7ff",
        "🙂",
        "e\u0301",
        "\ufeff",
        "a" * 3_000,
    ),
]
texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PAGES = [
    *("/", "/activity/apis/", "/pipeline/"),
    *(f"/panels/overview/{panel}/" for panel in panels.PANELS),
    *(f"/panels/overview/{panel}.csv" for panel in exports.CSV_EXPORTS),
    *(f"/pipeline/panels/{panel}/" for panel in pipeline.PANELS),
    *(f"/pipeline/panels/{panel}.csv" for panel in pipeline.CSV_EXPORTS),
]


def day(moment: datetime) -> str:
    return f"{moment.day}/{moment.month}/{moment.year}"


DAYS = f"{day(MOMENT)}/{day(datetime.now(UTC))}"
START = int((MOMENT - timedelta(minutes=1)).timestamp())
REST = [
    *(
        f"/api/{report}/{DAYS}?p=-1{file}"
        for report in ("usage", "usage/apis", "activity/keys")
        for file in ("", "&type=csv")
    ),
    f"/api/logs/?start={START}&end={START + 300}&p=1",
]


def links(page: str) -> set[str]:
    """The addresses that the rows of a panel lead to."""
    return {
        unescape(link)
        for row in re.findall("(?s)<tbody>(.*?)</tbody>", page)
        for link in re.findall(r'href="(.*?)"', row)
    }


def api_panels(page: str) -> Iterator[str]:
    path, _, query = page.partition("?")
    for panel in ("versions", "endpoints", "errors"):
        yield f"{path}panels/{panel}/?{query}"
    yield f"{path}panels/endpoints.csv?{query}"


def assert_everything_answers(browser: Client, client: APIClient) -> None:
    found = set()
    for url in PAGES:
        answer = browser.get(url)
        assert answer.status_code == 200, (url, answer.content)
        if url.startswith(("/panels/overview/", "/panels/activity/")) and url.endswith("/"):
            found |= links(answer.content.decode())
    for url in [*found, *(one for link in found if link.startswith("/activity/apis/") for one in api_panels(link))]:
        assert browser.get(url).status_code == 200, url
    for url in REST:
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.content)


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(TEXT_FIELDS, texts)), min_size=1, max_size=2))
def test_any_text_in_any_field_leaves_every_page_standing(
    alice: User, browser_of: Callable[[User], Client], rest: Callable[..., APIClient], given: list[dict[str, str]]
) -> None:
    browser, client = browser_of(alice), rest(alice)
    with transaction.atomic():
        store_slice(
            [
                request(MOMENT, OrgID=ORGANISATION, TrackPath=True, ResponseCode=code, Tags=list(one.values()), **one)
                for one in given
                for code in (200, 404)
            ]
        )
        assert_everything_answers(browser, client)
        transaction.set_rollback(True)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_the_page_of_an_api_is_its_own_whatever_its_id(
    alice: User, browser_of: Callable[[User], Client], text: str
) -> None:
    store_slice(
        [
            request(MOMENT, OrgID=ORGANISATION, APIID=text, APIName="Odd one", ResponseCode=404),
            request(MOMENT, OrgID=ORGANISATION, APIID="another", APIName="Another"),
        ]
    )
    browser = browser_of(alice)
    table = browser.get("/panels/overview/apis/").content.decode()
    assert "Odd one" in table
    found = {link for link in links(table) if re.match("/activity/apis/.", link) and "another" not in link}
    assert len(found) == bool(text)
    for link in found:
        assert "Odd one" in browser.get(link).content.decode()
        path, _, query = link.partition("?")
        versions = csv.reader(
            StringIO(browser.get(f"{path}panels/versions.csv?{query}").getvalue().decode(), newline="")
        )
        assert [row[1] for row in versions] == ["api", "Odd one"]


@pytest.fixture
def impossible_sums(alice: User) -> None:
    """Figures that an older release let in: more than a ``bigint`` holds in all, and less than nothing."""
    store_slice([request(MOMENT, OrgID=ORGANISATION, TrackPath=True, ResponseCode=code) for code in (200, 201, 404)])
    rollup.fold()
    changes = dict.fromkeys(("request_time", "latency", "upstream_latency", "max_latency"), 2**63 - 1)
    HourAggregate.objects.filter(organisation=ORGANISATION).update(**changes, min_latency=-(2**63) + 1)
    columns = ", ".join(field.column for field in HourAggregate._meta.concrete_fields)
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(f"INSERT INTO analytics_hour ({columns}) SELECT {columns} FROM analytics_hour")


def test_numbers_that_add_up_to_more_than_a_column_holds_are_shown(
    impossible_sums: None, alice: User, browser_of: Callable[[User], Client], rest: Callable[..., APIClient]
) -> None:
    assert_everything_answers(browser_of(alice), rest(alice))
    (row,) = rest(alice).get(f"/api/usage/apis/{DAYS}").json()["data"]
    assert row["hits"] == 12
    assert row["latency"] > 2**60


def test_the_largest_request_time_costs_its_record_only(
    alice: User, browser_of: Callable[[User], Client], rest: Callable[..., APIClient]
) -> None:
    odd: list[dict[str, Any]] = [{"RequestTime": 2**63 - 1}, *[{"latency": 2**62}] * 4, {"latency": -7}]
    store_slice(
        [
            *(request(MOMENT, OrgID=ORGANISATION, Path=f"/{number}", **one) for number, one in enumerate(odd)),
            request(MOMENT, OrgID=ORGANISATION, latency=20),
        ]
    )
    assert_everything_answers(browser_of(alice), rest(alice))
    (row,) = rest(alice).get(f"/api/usage/apis/{DAYS}").json()["data"]
    assert (row["hits"], row["latency"], row["request_time"], row["min_latency"]) == (1, 20, 20, 20)
    assert "a number that nothing measured" in browser_of(alice).get("/pipeline/panels/rejected/").content.decode()
