"""The analytics pages for people who are limited to the APIs that they own or nobody owns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.analytics import access, panels, pipeline
from apps.analytics.access import Report, Visibility
from apps.analytics.exports import CSV_EXPORTS
from apps.analytics.models import RejectedRecord
from apps.analytics.views import ApiPage, ApisPage, DashboardPage, OverviewPage, PipelinePage
from apps.apis.models import Api
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic
from tests.analytics.owned_apis import LIMITED, OTHERS, OWNED, TAKEN, UNKNOWN, OwnedApis
from tests.factories import UserFactory

BrowserOf = Callable[[User], Client]
#: Panels that close, and those that count whole organisations.
HIDDEN, WHOLE = ("endpoints", "keys", "errors"), ("proof",)
KEPT = tuple(set(panels.PANELS) - {*HIDDEN, *WHOLE})
API = f"/activity/apis/{OWNED}/"
OF_PIPELINE = ["/pipeline/", "/pipeline/panels/state/", "/pipeline/panels/hours/", "/pipeline/panels/hours.csv"]


@pytest.fixture(autouse=True)
def owned_apis(organisation_a: Organisation, now: datetime, settings: Settings) -> OwnedApis:
    """Switch ownership on, with the traffic that the owner may see."""
    settings.ENABLE_OWNERSHIP = True
    owned_apis = OwnedApis.made(organisation_a, now)
    owned_apis.store_visible_traffic()
    return owned_apis


def of_panels(names: tuple[str, ...]) -> list[str]:
    """The urls of panels and their files, on the overview and on the page of an API."""
    shown = [f"{page}{name}/" for page in ("/panels/overview/", f"{API}panels/") for name in names]
    return shown + [f"{one.removesuffix('/')}.csv" for one in shown if one.split("/")[-2] in CSV_EXPORTS]


def content(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url, {"from": "now-7d"})
    assert response.status_code == status, url
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body.decode())


@pytest.mark.parametrize("mode", ["hide", "filter"])
def test_what_is_shown_is_the_same_whether_other_apis_have_traffic_or_not(
    owned_apis: OwnedApis, browser_of: BrowserOf, settings: Settings, mode: str
) -> None:
    settings.OWNED_ANALYTICS = mode
    client = browser_of(owned_apis.owner)
    asked = ["/", "/activity/apis/", API, *of_panels(KEPT if mode == "hide" else KEPT + HIDDEN)]
    before = {one: content(client, one) for one in asked}
    owned_apis.store_hidden_traffic()
    RejectedRecord.objects.create(organisation=owned_apis.organisation.id, reason="refused", detail="x", payload=b"x")
    after = {one: content(client, one) for one in asked}
    assert after == before
    assert not [(one, other) for one, shown in after.items() for other in OTHERS if re.search(rf">[^<]*{other}", shown)]


def test_it_closes_what_older_dashboards_cannot_tell_apart_by_api(owned_apis: OwnedApis, browser_of: BrowserOf) -> None:
    client = browser_of(owned_apis.owner)
    for url in of_panels(HIDDEN):
        assert "Your account sees some APIs only, and is not shown" in content(client, url, 403), url


@pytest.mark.parametrize("mode", ["hide", "filter"])
def test_what_counts_whole_organisations_is_closed_always(
    owned_apis: OwnedApis, browser_of: BrowserOf, settings: Settings, mode: str
) -> None:
    settings.OWNED_ANALYTICS = mode
    client = browser_of(owned_apis.owner)
    for url in [*of_panels(WHOLE), *OF_PIPELINE, "/pipeline/panels/rejected/"]:
        assert "not shown what became of every record" in content(client, url, 403), url


@pytest.mark.parametrize(
    ("mode", "missing"), [("hide", {*HIDDEN, *WHOLE, "pipeline"}), ("filter", {*WHOLE, "pipeline"})]
)
def test_pages_and_menus_have_nothing_of_what_is_closed(
    owned_apis: OwnedApis, browser_of: BrowserOf, settings: Settings, alice: User, mode: str, missing: set[str]
) -> None:
    settings.OWNED_ANALYTICS = mode
    for url in ("/", API):
        whole, limited = content(browser_of(alice), url), content(browser_of(owned_apis.owner), url)
        links = set(re.findall(r'(?:href|hx-get)="/(?:[^"?]*/)?panels/\w+/(\w+)|"/(pipeline)/', whole))
        assert {first or second for first, second in links} >= {"pipeline"}
        for name in missing:
            assert not re.search(rf'(?:href|hx-get)="[^"]*\b{name}\b', limited), (url, name)
        assert all(fetched.startswith("/") for fetched in re.findall(r'hx-get="([^"]*)"', limited))


def test_menus_lead_to_what_is_shown_only(owned_apis: OwnedApis, browser_of: BrowserOf, alice: User) -> None:
    menu = content(browser_of(owned_apis.owner), "/")
    assert 'href="/activity/apis/"' in menu
    assert "/pipeline/" not in menu
    assert 'href="/pipeline/"' in content(browser_of(alice), "/")


@pytest.mark.parametrize("mode", ["hide", "filter"])
@pytest.mark.parametrize("api", [TAKEN, UNKNOWN, "never-heard-of"])
def test_it_says_that_an_api_is_not_theirs_and_not_whether_there_is_one(
    owned_apis: OwnedApis, browser_of: BrowserOf, settings: Settings, mode: str, api: str
) -> None:
    settings.OWNED_ANALYTICS = mode
    owned_apis.store_hidden_traffic()
    client = browser_of(owned_apis.owner)
    own = [f"/activity/apis/{api}/", *(f"/activity/apis/{api}/panels/{one}" for one in ("chart/", "chart.csv"))]
    for url in own:
        assert "this is none of them" in content(client, url, 403)
    response = client.get("/", {"api": api})
    assert response.status_code == 403
    assert "Your account sees the APIs that it owns or nobody owns" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("key=key-owned", "activity by key"),
        ("client=client", "traffic per OAuth client"),
        ("country=DE", "geographic distribution"),
        ("path=/owned", "endpoint popularity"),
    ],
)
def test_a_filter_does_not_open_what_is_closed(
    owned_apis: OwnedApis, browser_of: BrowserOf, settings: Settings, query: str, words: str
) -> None:
    name = query.partition("=")[0]
    client = browser_of(owned_apis.owner)
    page = client.get(f"/?{query}").content.decode()
    assert f"“{name}” was left out: your account is not shown {words}." in page
    unfiltered = client.get("/panels/overview/figures/").content
    assert client.get(f"/panels/overview/figures/?{query}").content == unfiltered
    settings.OWNED_ANALYTICS = "filter"
    assert "was left out" not in client.get(f"/?{query}").content.decode()


def test_it_tells_who_has_no_traffic_nothing_of_others(owned_apis: OwnedApis, browser_of: BrowserOf) -> None:
    new = Organisation.objects.create(owner_name="New")
    nobody = UserFactory(organisation=new, user_permissions=LIMITED)
    store_traffic([RequestFactory(organisation=new.pk, api_id="x", timestamp=owned_apis.now - timedelta(minutes=1))])
    assert "You may see no API" in content(browser_of(nobody), "/panels/overview/chart/")
    Api.objects.create(organisation=new, api_id="silent", name="Silent")
    said = content(browser_of(nobody), "/panels/overview/chart/")
    assert "The APIs that you may see had no request so far" in said
    assert "/pipeline/" not in said


def test_every_panel_and_page_says_what_it_tells_of() -> None:
    assert set(panels.REPORTS) == set(panels.PANELS) >= set(CSV_EXPORTS)
    assert set(pipeline.REPORTS) == set(pipeline.PANELS) >= set(pipeline.CSV_EXPORTS)
    reaches = {name: report.visibility for name, report in panels.REPORTS.items()}
    assert {name for name, visibility in reaches.items() if visibility is Visibility.CONFIGURABLE} == set(HIDDEN)
    assert {name for name, visibility in reaches.items() if visibility is Visibility.HIDDEN} == set(WHOLE)
    pages: list[type[DashboardPage]] = [OverviewPage, ApisPage, ApiPage, PipelinePage]
    assert {page for page in pages if page.report.visibility is Visibility.HIDDEN} == {PipelinePage}
    assert set(DashboardPage.__subclasses__()) == set(pages)


def test_the_table_of_reports_is_the_documented_one() -> None:
    found: dict[Visibility, set[str]] = {visibility: set() for visibility in Visibility}
    for report in vars(access).values():
        if isinstance(report, Report):
            found[report.visibility].add(report.name)
    assert found[Visibility.CONFIGURABLE] == {
        "error breakdown",
        "endpoint popularity",
        "activity by key",
        "geographic distribution",
        "traffic per OAuth client",
    }
    assert {"requests over time", "activity by API", "errors over time", "single requests"} <= found[Visibility.LIMITED]
