"""Traffic over REST for people who are limited to the APIs that they own or nobody owns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.analytics import access
from apps.analytics.access import Visibility
from apps.analytics.urls import rest
from apps.analytics.viewsets.traffic import AnalyticsView
from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.analytics.owned_apis import FREE, LIMITED, OTHERS, OWNED, TAKEN, UNKNOWN, OwnedApis
from tests.factories import UserFactory

Rest = Callable[..., APIClient]
#: The documented table: endpoints that stay, and those that close.
KEPT = ["usage/", "usage/?res=hour", "usage/apis/", f"usage/apis/{OWNED}/", f"usage/apis/{FREE}/"]
HIDDEN = [
    "activity/keys/",
    f"activity/keys/key-{OWNED}/",
    f"activity/keys/key-{OWNED}/?res=day",
    f"activity/keys/endpoint/key-{OWNED}/",
    "activity/oauthid/endpoint/client/",
]


@pytest.fixture(autouse=True)
def owned_apis(organisation_a: Organisation, now: datetime, settings: Settings) -> OwnedApis:
    """Switch ownership on, with the traffic that the owner may see."""
    settings.ENABLE_OWNERSHIP = True
    owned_apis = OwnedApis.made(organisation_a, now)
    owned_apis.store_visible_traffic()
    return owned_apis


@pytest.fixture
def url(days: str, now: datetime) -> Callable[[str], str]:
    """Put the days of a week into the short name of an endpoint."""

    def whole(short: str) -> str:
        path, _, query = short.partition("?")
        return f"/api/{path}{days}?{query}&p=-1"

    return whole


@pytest.fixture
def log(now: datetime) -> str:
    """The url of the log of two days."""
    return f"/api/logs?start={int((now - timedelta(days=2)).timestamp())}&end={int(now.timestamp())}"


def body(client: APIClient, url: str) -> Any:
    """The rows of an answer, which must be one, without the ids of records."""
    response = client.get(url)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def hits(rows: list[dict[str, Any]]) -> int:
    return sum(row["hits"] for row in rows)


@pytest.mark.parametrize("mode", ["hide", "filter"])
def test_what_is_answered_is_the_same_whether_other_apis_have_traffic_or_not(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], log: str, settings: Settings, mode: str
) -> None:
    settings.OWNED_ANALYTICS = mode
    client = rest(owned_apis.owner)
    asked = [*map(url, KEPT if mode == "hide" else KEPT + HIDDEN), log]
    before = {one: client.get(one).content for one in asked}
    assert not [one for one, content in before.items() if not re.search(rb'"hits":[1-9]|"APIID":"', content)]
    owned_apis.store_hidden_traffic()
    after = {one: client.get(one).content for one in asked}
    assert after == before
    assert not [other for other in OTHERS for content in after.values() if other.encode() in content]


def test_it_hides_what_older_dashboards_cannot_tell_apart_by_api(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str]
) -> None:
    for short in HIDDEN:
        answer = rest(owned_apis.owner).get(url(short))
        assert answer.status_code == 403
        path = url(short).partition("?")[0]
        assert answer.json() == {
            "Status": "Error",
            "Message": f"access denied: You do not have permission to access  {path}",
            "Meta": None,
        }


def test_files_are_limited_and_hidden_like_their_tables(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], settings: Settings
) -> None:
    owned_apis.store_hidden_traffic()
    client = rest(owned_apis.owner)
    for short in KEPT:
        file = b"".join(client.get(f"{url(short)}&type=csv").streaming_content).decode()
        assert not [other for other in OTHERS if f"{other}," in file], file
    assert {client.get(f"{url(short)}&type=csv").status_code for short in HIDDEN} == {403}


@pytest.mark.parametrize("mode", ["hide", "filter"])
@pytest.mark.parametrize("api", [TAKEN, UNKNOWN, "never-heard-of"])
def test_it_refuses_an_api_that_is_not_theirs_and_does_not_tell_whether_there_is_one(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], log: str, settings: Settings, mode: str, api: str
) -> None:
    settings.OWNED_ANALYTICS = mode
    owned_apis.store_hidden_traffic()
    refusal = {"Status": "Error", "Message": "User does not have access to the API with ID", "Meta": None}
    asked = [f"{url('usage/')}&api_id={api}", url(f"usage/apis/{api}/"), f"{log}&api={api}"]
    for one in asked:
        answer = rest(owned_apis.owner).get(one)
        assert (answer.status_code, answer.json()) == (403, refusal), one


def test_a_group_owns_for_its_members(rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str]) -> None:
    group = UserGroup.objects.create(organisation=owned_apis.organisation, name="Team", user_permissions=LIMITED)
    member = UserFactory(organisation=owned_apis.organisation, user_permissions={"apis": "read"}, group=group)
    set_owners(api=Api.objects.get(api_id=OWNED), groups=[group])
    rows = body(rest(member), url("usage/apis/"))
    assert {row["id"]["api_id"] for row in rows} == {OWNED, FREE}
    assert [row["id"]["api_id"] for row in body(rest(owned_apis.owner), url("usage/apis/"))] == [FREE]


@pytest.mark.parametrize(
    "permissions",
    [
        {"analytics": "read", "log": "read"},
        {"analytics": "read", "owned_analytics": "deny"},
        {"IsAdmin": "admin", "owned_analytics": "read"},
        {},
    ],
)
def test_everybody_else_sees_the_whole_organisation(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], permissions: dict[str, str]
) -> None:
    owned_apis.store_hidden_traffic()
    everyone = UserFactory(organisation=owned_apis.organisation, user_permissions=permissions)
    rows = body(rest(everyone), url("usage/apis/"))
    assert {row["id"]["api_id"] for row in rows} == {OWNED, FREE, TAKEN, UNKNOWN}
    assert hits(rows) == hits(body(rest(everyone), url("usage/"))) == 24
    assert hits(body(rest(everyone), url("activity/keys/"))) == 24


@pytest.mark.parametrize("api", [TAKEN, UNKNOWN, "never-heard-of"])
def test_an_api_that_is_not_theirs_is_refused_by_its_id_to_everybody_but_administrators(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], alice: User, settings: Settings, api: str
) -> None:
    owned_apis.store_hidden_traffic()
    reader = UserFactory(organisation=owned_apis.organisation, user_permissions={"analytics": "read"})
    asked = [
        url(f"usage/?api_id={api}"), url(f"usage/?api_id={api}&res=hour"), url(f"usage/apis/{api}/"),
        url(f"usage/apis/?api_id={api}"), url(f"usage/?type=csv&api_id={api}"),
        url(f"activity/keys/?api_id={api}"), url(f"activity/keys/other-key/?res=day&api_id={api}"),
        url(f"activity/oauthid/endpoint/other-client/?api_id={api}"),
    ]  # fmt: skip
    client = rest(reader)
    for one in asked:
        answer = client.get(one)
        told = (answer.status_code, answer.json().get("Message"))
        assert told == (403, "User does not have access to the API with ID"), one
    assert hits(body(client, url(f"usage/?api_id={FREE}"))) == 6
    client = rest(alice)
    assert {client.get(one).status_code for one in asked} == {200}
    settings.ENABLE_OWNERSHIP = False
    client = rest(reader)
    assert {client.get(one).status_code for one in asked} == {200}


def test_owned_analytics_is_nothing_without_analytics_or_without_ownership(
    rest: Rest, owned_apis: OwnedApis, url: Callable[[str], str], settings: Settings
) -> None:
    only = UserFactory(organisation=owned_apis.organisation, user_permissions={"owned_analytics": "read"})
    assert {rest(only).get(url(short)).status_code for short in KEPT + HIDDEN} == {403}
    owned_apis.store_hidden_traffic()
    settings.ENABLE_OWNERSHIP = False
    assert hits(body(rest(owned_apis.owner), url("usage/"))) == 24
    assert hits(body(rest(owned_apis.owner), url("activity/keys/"))) == 24


def test_the_log_is_always_limited_by_ownership(rest: Rest, owned_apis: OwnedApis, log: str, alice: User) -> None:
    owned_apis.store_hidden_traffic()
    reader = UserFactory(organisation=owned_apis.organisation, user_permissions={"analytics": "read", "log": "read"})
    assert {row["APIID"] for row in body(rest(reader), log)} == {FREE}
    assert {row["APIID"] for row in body(rest(owned_apis.owner), log)} == {OWNED, FREE}
    assert {row["APIID"] for row in body(rest(alice), log)} == {OWNED, FREE, TAKEN, UNKNOWN}
    assert rest(reader).get(f"{log}&api={OWNED}").status_code == 403


def test_every_endpoint_says_what_it_tells_of() -> None:
    views: list[type[AnalyticsView]] = [pattern.callback.view_class for pattern in rest]
    assert all(issubclass(view, AnalyticsView) for view in views)
    named = {view.__name__: view.report for view in views}
    assert {view for view, report in named.items() if report.visibility is Visibility.CONFIGURABLE} == {
        "KeysView", "KeyView", "KeysTogetherView", "EndpointsOfKeyView", "ClientView", "EndpointsOfClientView",
    }  # fmt: skip
    assert named["LogsView"] is access.LOG
