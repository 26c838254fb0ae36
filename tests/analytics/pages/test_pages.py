"""The analytics pages as people get them: who may, what they see, and what they are told when there is nothing."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.analytics import panels, queries
from apps.analytics.caps import OTHER
from apps.core.tenancy import NOTHING
from apps.users.models import User
from tests.analytics.factories import Request, RequestFactory, store_traffic
from tests.factories import UserFactory

from .conftest import ORDERS, PAYMENTS, SECRET

BrowserOf = Callable[[User], Client]
PANELS = ["figures", "chart", "apis", "endpoints", "keys", "errors", "proof", "filters"]
EVERY_PAGE = [
    "/",
    "/activity/apis/",
    f"/activity/apis/{PAYMENTS}/",
    *(f"/panels/overview/{panel}/" for panel in PANELS),
    "/panels/activity/all_apis/",
    f"/activity/apis/{PAYMENTS}/panels/versions/",
    "/pipeline/",
    *(f"/pipeline/panels/{panel}/" for panel in ("state", "hours", "rejected")),
]
BUDGET = 60 * 1024


def text(client: Client, url: str, status: int = 200) -> str:
    """The words of a page, without its histogram_buckets."""
    response = client.get(url)
    assert response.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).strip()


# Who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", EVERY_PAGE)
def test_it_sends_visitors_to_the_login_page(db: None, client: Client, url: str) -> None:
    response = client.get(url, {"from": "now-7d"})
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


def test_it_sends_a_fragment_of_an_ended_session_to_the_login_page_and_back(db: None, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?from=now-7d"}
    response = client.get("/panels/overview/apis/?from=now-7d", headers=headers)
    assert response["HX-Redirect"] == "/login/?next=/%3Ffrom%3Dnow-7d"


def test_it_tells_who_may_not_read_analytics_what_is_needed_and_who_gives_it(
    alice: User, browser_of: BrowserOf, organisation_a: object
) -> None:
    without = UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})
    said = text(browser_of(without), "/", 403)
    assert "You need Analytics: read" in said
    assert alice.email in said


def test_it_names_no_administrator_of_another_organisation(
    alice: User, charlie: User, browser_of: BrowserOf, organisation_a: object
) -> None:
    without = UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})
    assert charlie.email not in text(browser_of(without), "/", 403)


# What they see ---------------------------------------------------------------------------------


def test_it_counts_the_traffic_of_the_own_organisation(
    bob: User, browser_of: BrowserOf, traffic: list[Request]
) -> None:
    client = browser_of(bob)
    assert "Requests 23" in text(client, "/panels/overview/figures/")
    assert "21.7 %" in text(client, "/panels/overview/figures/")
    assert "2xx 17" in text(client, "/panels/overview/chart/")
    assert "1xx, 3xx 1" in text(client, "/panels/overview/chart/")
    assert "4xx 2" in text(client, "/panels/overview/chart/")
    assert "5xx 3" in text(client, "/panels/overview/chart/")
    assert "Payments 15" in text(client, "/panels/overview/apis/")
    assert "Mobile app k1 12" in text(client, "/panels/overview/keys/")
    assert "POST /orders 5" in text(client, "/panels/overview/endpoints/")
    assert "503 unavailable 3 Payments new" in text(client, "/panels/overview/errors/")
    assert "23 received = 23 stored + 0 sent twice + 0 rejected" in text(client, "/panels/overview/proof/")


@pytest.mark.parametrize("url", EVERY_PAGE)
def test_it_tells_nothing_of_another_organisation(
    bob: User, browser_of: BrowserOf, traffic: list[Request], url: str
) -> None:
    content = browser_of(bob).get(url).content.decode()
    for word in (SECRET, "Secret", "/secret", "beta-key", "b" * 24, "Beta"):
        assert word not in content


@pytest.mark.parametrize("panel", PANELS)
def test_it_tells_nothing_of_another_organisation_to_who_asks_for_its_api(
    bob: User, browser_of: BrowserOf, traffic: list[Request], panel: str
) -> None:
    for url in (f"/panels/overview/{panel}/?api={SECRET}", f"/activity/apis/{SECRET}/panels/{panel}/"):
        content = browser_of(bob).get(url).content.decode()
        assert "Secret" not in content
        assert "beta-key" not in content


def test_it_shows_super_users_every_organisation(dora: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    assert "Requests 30" in text(browser_of(dora), "/panels/overview/figures/")
    assert "Secret" in text(browser_of(dora), "/panels/overview/apis/")


@pytest.mark.parametrize(
    ("query", "requests"),
    [
        (f"api={PAYMENTS}", 15),
        (f"api={PAYMENTS}&api={ORDERS}", 23),
        ("version=v1", 12),
        ("tag=gold", 3),
        ("tag=gold&tag=team-blue", 3),
        ("key=k1", 12),
        ("path=/pay", 12),
        (f"api={ORDERS}&tag=gold", 0),
        ("from=now-10m", 15),
    ],
)
def test_it_filters(bob: User, browser_of: BrowserOf, traffic: list[Request], query: str, requests: int) -> None:
    assert f"Requests {requests} " in text(browser_of(bob), f"/panels/overview/figures/?{query}")


def test_the_page_of_an_api_is_about_that_api_alone(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    client = browser_of(bob)
    assert "By API Orders" in text(client, f"/activity/apis/{ORDERS}/")
    assert "Requests 8" in text(client, f"/activity/apis/{ORDERS}/panels/figures/")
    assert "404 not found 2" in text(client, f"/activity/apis/{ORDERS}/panels/errors/")
    assert "v1 12" in text(client, f"/activity/apis/{PAYMENTS}/panels/versions/")
    asked = f"/activity/apis/{ORDERS}/panels/figures/?api={PAYMENTS}"
    assert "Requests 8" in text(client, asked)


@pytest.mark.parametrize(
    ("sort", "first"), [("-hits", "Payments"), ("hits", "Orders"), ("name", "Orders"), ("-error_rate", "Orders"),
                        ("-p95", "Payments"), ("-last_hit", "Payments")]
)  # fmt: skip
def test_it_sorts_the_apis(bob: User, browser_of: BrowserOf, traffic: list[Request], sort: str, first: str) -> None:
    content = browser_of(bob).get(f"/panels/activity/all_apis/?sort={sort}").content.decode()
    assert min(("Payments", "Orders"), key=content.index) == first
    assert "aria-sort" in content


def test_it_finds_apis_by_name(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    said = text(browser_of(bob), "/panels/activity/all_apis/?q=ORD")
    assert "Orders" in said
    assert "Payments" not in said
    assert "No API is called like “zzz”" in text(browser_of(bob), "/panels/activity/all_apis/?q=zzz")


def test_it_pages_through_many_apis(bob: User, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "ROWS_PER_PAGE", 2)
    store_traffic(RequestFactory.build(api_id=f"{number:032}", api_name=f"API {number}") for number in range(5))
    client = browser_of(bob)
    assert "Page 1 of 3" in text(client, "/panels/activity/all_apis/?sort=name")
    last = text(client, "/panels/activity/all_apis/?sort=name&page=3")
    assert "API 4" in last
    assert "API 3" not in last


def test_its_chart_as_a_table_has_the_numbers_of_the_chart(
    bob: User, browser_of: BrowserOf, traffic: list[Request]
) -> None:
    response = browser_of(bob).get("/panels/overview/chart/?view=table&from=now-1h&hide=none")
    sums = {}
    chart = response.context["chart"]
    for at, series in enumerate(chart.shown):
        if series.kind == "bar":
            sums[series.key] = sum(int(row.values[at].replace(",", "")) for row in chart.rows)
    assert sums == {"success": 17, "other": 1, "client": 2, "server": 3}
    assert b"<table" in response.content
    assert b"data-chart" not in response.content


def test_it_shows_times_in_the_requested_zone(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    bob.time_zone = "Asia/Kathmandu"
    bob.save()
    client = browser_of(bob)
    assert "Asia/Kathmandu" in text(client, "/")
    assert "Europe/Berlin" in text(client, "/?tz=Europe/Berlin")
    chart = client.get("/panels/overview/chart/?tz=Europe/Berlin").context["chart_data"]
    assert chart["tz"] == "Europe/Berlin"


# Files -----------------------------------------------------------------------------------------


def rows_of(client: Client, url: str) -> list[dict[str, str]]:
    response = client.get(url)
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    return list(csv.DictReader(StringIO(b"".join(response).decode())))  # type: ignore[arg-type]


def test_a_file_has_what_its_table_shows(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    client = browser_of(bob)
    apis = [(row["api"], row["requests"], row["errors"]) for row in rows_of(client, "/panels/overview/apis.csv")]
    assert apis == [("Payments", "15", "3"), ("Orders", "8", "2")]
    assert [row["api"] for row in rows_of(client, "/panels/activity/all_apis.csv?sort=name&q=pay")] == ["Payments"]
    assert {(row["status"], row["requests"]) for row in rows_of(client, "/panels/overview/errors.csv")} == {
        ("503", "3"), ("404", "2"),
    }  # fmt: skip
    assert rows_of(client, "/panels/overview/keys.csv")[0]["alias"] == "Mobile app"
    assert rows_of(client, f"/activity/apis/{PAYMENTS}/panels/versions.csv")[0]["version"] == "v1"
    assert {row["method"] for row in rows_of(client, "/panels/overview/endpoints.csv")} == {"GET", "POST"}


def test_the_file_of_the_chart_has_its_series(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    rows = rows_of(browser_of(bob), "/panels/overview/chart.csv?from=now-1h&tz=Asia/Kathmandu&hide=client,server,other")
    assert len(rows) == 60
    assert sum(int(row["2xx success (requests)"]) for row in rows) == 17
    assert rows[0]["start"].endswith("+05:45")
    assert "p95 latency (ms)" in rows[0]
    assert "4xx client errors (requests)" not in rows[0]


def test_a_file_runs_no_formula(bob: User, browser_of: BrowserOf) -> None:
    store_traffic([RequestFactory.build(api_name="=cmd()")])
    assert rows_of(browser_of(bob), "/panels/overview/apis.csv")[0]["api"] == "'=cmd()"


@pytest.mark.parametrize("panel", ["apis", "endpoints", "keys", "errors", "chart"])
def test_a_file_tells_nothing_of_another_organisation(
    bob: User, browser_of: BrowserOf, traffic: list[Request], panel: str
) -> None:
    sent = b"".join(browser_of(bob).get(f"/panels/overview/{panel}.csv?api={SECRET}&api={PAYMENTS}"))  # type: ignore[arg-type]
    assert b"Secret" not in sent
    assert b"beta-key" not in sent


# Addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/", "/activity/apis/", f"/activity/apis/{PAYMENTS}/", "/pipeline/"])
@pytest.mark.parametrize(
    "query", ["from=never", "page=-1", "tz=x", "step=%00", "colour=red", "api=&api=%00", "hide=,,"]
)
def test_it_names_what_it_cannot_obey(
    bob: User, browser_of: BrowserOf, traffic: list[Request], url: str, query: str
) -> None:
    name = query.partition("=")[0]
    assert f"“{name}” was left out" in text(browser_of(bob), f"{url}?{query}")


def test_it_shortens_what_a_form_sent(bob: User, browser_of: BrowserOf) -> None:
    response = browser_of(bob).get("/?range=2026-10-25..2026-10-27&version=&tz=UTC")
    assert response.status_code == 302
    assert response["Location"] == "/?from=2026-10-25&to=2026-10-27"


def test_it_tells_htmx_the_url_of_what_it_shows(bob: User, browser_of: BrowserOf) -> None:
    response = browser_of(bob).get("/?from=now-7d", headers={"HX-Request": "true"})
    assert response["HX-Push-Url"] == "/?from=now-7d"


def test_a_permalink_has_no_relative_times(bob: User, browser_of: BrowserOf) -> None:
    shared = browser_of(bob).get("/?from=now-6h&live=1").context["toolbar"].permalink
    assert "now" not in shared
    assert "live" not in shared
    assert "tz=UTC" in shared
    assert browser_of(bob).get(shared).context["query"].notices == ()


def test_a_saved_url_with_the_old_word_for_15_minutes_shows_the_same_page(
    bob: User, browser_of: BrowserOf, now: datetime, traffic: list[Request]
) -> None:
    client = browser_of(bob)
    chart = "/panels/overview/chart/?from=now-6h&view=table&step="
    assert client.get(f"{chart}quarter").content == client.get(f"{chart}15m").content
    page = client.get("/?from=now-6h&step=quarter").context
    assert page["query"].notices == ()
    assert page["query"].range.step == "quarter_hour"
    assert [link.url for link in page["toolbar"].steps if link.selected] == ["/?from=now-6h&step=15m"]
    assert "step=15m" in page["toolbar"].permalink
    assert page["panels"].chart == "/panels/overview/chart/?from=now-6h&step=15m"


def test_its_links_keep_the_rest_of_the_state(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    content = browser_of(bob).get("/panels/overview/keys/?from=now-6h&metric=p95").content.decode()
    assert 'href="/?from=now-6h&amp;key=k1&amp;metric=p95"' in content


@pytest.mark.parametrize(
    "url", ["/panels/overview/nothing/", "/panels/nothing/figures/", "/nothing", "/pipeline/panels/x/"]
)
def test_it_says_that_there_is_no_such_page(bob: User, browser_of: BrowserOf, url: str) -> None:
    assert "There is no such page" in text(browser_of(bob), url, 404)


# Nothing to show -------------------------------------------------------------------------------


def test_it_tells_how_to_connect_a_gateway_when_nothing_was_received(
    bob: User, browser_of: BrowserOf, settings: Settings
) -> None:
    settings.GATEWAY_REDIS_URL = "redis://:secret@redis.example.com:6380/2"
    said = text(browser_of(bob), "/panels/overview/chart/")
    assert "Nothing received yet" in said
    assert "enable_analytics" in said
    assert "redis.example.com" in said
    assert "6380" in said
    assert "secret" not in said


def test_it_tells_when_the_last_requests_came(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    client = browser_of(bob)
    response = client.get("/panels/overview/chart/?from=2026-01-01&to=2026-01-02")
    assert "No requests in this range" in response.content.decode()
    around = response.context["empty"].last_url
    assert "Requests 23" in text(client, around.replace("/?", "/panels/overview/figures/?"))


def test_it_offers_to_remove_the_filter_that_nothing_passes(
    bob: User, browser_of: BrowserOf, traffic: list[Request]
) -> None:
    response = browser_of(bob).get("/panels/overview/chart/?key=nobody")
    assert "No request passes the filters" in response.content.decode()
    assert [(chip.value, chip.without) for chip in response.context["empty"].chips] == [("nobody", "/")]


def test_it_tells_who_owns_no_api(
    bob: User, browser_of: BrowserOf, traffic: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.analytics.dashboard_query.traffic_scope", lambda user: NOTHING)
    client = browser_of(bob)
    assert "You may see no API" in text(client, "/panels/overview/chart/")
    assert "Requests 0" in text(client, "/panels/overview/figures/")


# Failures --------------------------------------------------------------------------------------


def test_it_says_why_a_panel_cannot_be_shown(
    bob: User, browser_of: BrowserOf, traffic: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*args: object, **options: object) -> None:
        raise queries.QueryTimeout

    monkeypatch.setattr(queries, "totals", too_slow)
    response = browser_of(bob).get("/panels/overview/figures/")
    assert response.status_code >= 400
    assert queries.QueryTimeout.message in response.content.decode()
    assert b"data-retry" in response.content


def test_it_says_that_the_database_is_away(bob: User, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser_of(bob)
    client.raise_request_exception = False

    def away(*args: object, **options: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("apps.analytics.views.DashboardQuery.from_request", away)
    assert "The database does not answer" in text(client, "/", 503)


def test_it_has_no_words_of_python_in_its_failures(
    bob: User, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(bob)
    client.raise_request_exception = False

    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("the cause")

    monkeypatch.setattr("apps.analytics.views.DashboardQuery.from_request", broken)
    response = client.get("/")
    assert response.status_code == 500
    assert b"the cause" not in response.content
    assert response["X-Request-ID"] in response.content.decode()


# Costs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [*EVERY_PAGE, f"/?key=k1&api={PAYMENTS}"])
def test_it_costs_as_many_queries_with_much_traffic_as_with_little(
    bob: User, browser_of: BrowserOf, traffic: list[Request], url: str
) -> None:
    client = browser_of(bob)
    few = _query_count(client, url)
    store_traffic(
        RequestFactory.build(api_id=f"{number:032}", api_name=f"API {number}", key=f"key {number}", path=f"/{number}",
                             status=200 + number, tags=(f"tag {number}",), alias=f"alias {number}")
        for number in range(300)
    )  # fmt: skip
    assert _query_count(client, url) == few <= 12


def _query_count(client: Client, url: str) -> int:
    """Statements of an answer; what bounds and plans them is not counted."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return sum(" FROM " in one["sql"] for one in asked.captured_queries)


def test_the_first_screen_is_small(bob: User, browser_of: BrowserOf, traffic: list[Request]) -> None:
    client = browser_of(bob)
    parts = [client.get(url).content for url in ("/", *(f"/panels/overview/{panel}/" for panel in PANELS[:7]))]
    files = ["css/tokens.css", "css/weir.css", "css/responsive.css", "django_htmx/htmx-2.min.js", "img/weir.svg"]
    files += [f"js/{name}.js" for name in ("navigation", "panels", "chart", "chart-options", "chart-tooltip")]
    parts += [Path(str(finders.find(name))).read_bytes() for name in files]
    assert sum(len(gzip.compress(part)) for part in parts) <= BUDGET


@pytest.mark.parametrize("url", EVERY_PAGE)
def test_it_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    bob: User, browser_of: BrowserOf, traffic: list[Request], url: str
) -> None:
    response = browser_of(bob).get(url)
    content = response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert not re.search(r"https?://", content)
    assert not re.search(r"\s(style|on\w+)=", content)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", content)


# What is capped --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/panels/overview/keys/", "key"),
        ("/panels/overview/endpoints/", "path"),
        (f"/activity/apis/{PAYMENTS}/panels/versions/", "api_version"),
    ],
)
def test_rare_values_have_a_label_of_their_own_that_leads_nowhere(
    organisation_a: object, bob: User, browser_of: BrowserOf, url: str, field: str
) -> None:
    now = timezone.now()
    for value in (OTHER, "other"):
        store_traffic([RequestFactory.build(timestamp=now, api_id=PAYMENTS, **{field: value})])
    page = browser_of(bob).get(url).content.decode()
    assert re.search(r"<td><em[^>]*>all others</em>\s*</td>", page)
    assert re.search(r"<td><a [^>]*>.*other(</small>)?</a></td>", page)
    assert OTHER not in page
