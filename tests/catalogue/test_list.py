"""The list of APIs: what is found, what is told of each, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import change_api, set_owners
from apps.catalogue.filters import QUIET_AFTER
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.catalogue.shop import age, make_api, make_shop
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
DOCUMENT = {
    "openapi": "3.0.3", "info": {"title": "Returns", "version": "1"},
    "paths": {"/returns": {"get": {"operationId": "listReturns"}, "post": {}}},
}  # fmt: skip


@pytest.fixture
def shop(organisation_a: Organisation) -> dict[str, Api]:
    return make_shop(organisation_a)


def found(client: Client, query: str = "") -> list[str]:
    """The titles of the APIs that the list shows."""
    return [api.title for api in client.get(f"/apis/{query}").context["page_obj"]]


def cells(client: Client, title: str) -> str:
    """The row of an API, as text of HTML."""
    content = client.get("/apis/").content.decode()
    return next(row for row in content.split("<tr") if f"<b>{title}</b>" in row)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("ORDER", ["Orders"]),
        ("/feeds/", ["Price feed"]),
        ("sale.internal", ["Summer sale"]),
        ("crm", ["Loyalty"]),
        ("checkout team", ["Orders"]),
        ("lyst", ["Loyalty", "Orders"]),
        ("ana@example", ["Loyalty", "Orders"]),
        ("nothing of the kind", []),
    ],
)
def test_it_is_searched_by_name_path_upstream_category_and_owner(
    browser_of: BrowserOf, alice: User, text: str, titles: list[str]
) -> None:
    assert found(browser_of(alice), f"?q={text}") == titles


def test_it_is_searched_by_the_operations_of_documents(browser_of: BrowserOf, alice: User) -> None:
    api = make_api(alice.organisation, "Returns", "/returns/")
    Api.objects.filter(pk=api.pk).update(document=DOCUMENT)
    change_api(Api.objects.get(pk=api.pk), {"sort_by": 1})
    assert found(browser_of(alice), "?q=listreturns") == ["Returns"]
    assert found(browser_of(alice), "?q=returnspost") == ["Returns"], "one without id is called by path and method"


def test_who_may_not_see_people_does_not_find_apis_by_them(
    browser_of: BrowserOf, shop: dict[str, Api], organisation_a: Organisation
) -> None:
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    assert found(browser_of(reader), "?q=lyst") == found(browser_of(reader), "?q=checkout team") == []
    assert "2 owners" in cells(browser_of(reader), "Orders")
    of_groups = UserFactory(organisation=organisation_a, user_permissions={"apis": "read", "user_groups": "read"})
    assert found(browser_of(of_groups), "?q=checkout team") == ["Orders"]
    assert "Checkout team, +1" in cells(browser_of(of_groups), "Orders")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?category=core", ["Loyalty", "Orders", "Payments"]),
        ("?category=cor", []),
        ("?category=core&owned=yes", ["Loyalty", "Orders"]),
        ("?type=graphql", ["Storefront"]),
        ("?type=classic&state=inactive", ["Summer sale"]),
        ("?auth=keyless", ["Loyalty"]),
        ("?attention=unlogged", ["Price feed"]),
        ("?attention=uncategorised", ["Storefront", "Summer sale"]),
        ("?attention=quiet", ["Loyalty", "Price feed"]),
        ("?category=core&sort=-api", ["Payments", "Orders", "Loyalty"]),
    ],
)
def test_it_is_narrowed(browser_of: BrowserOf, alice: User, query: str, titles: list[str]) -> None:
    assert found(browser_of(alice), query) == titles


@pytest.mark.usefixtures("shop")
def test_what_it_can_be_narrowed_to_is_counted(browser_of: BrowserOf, alice: User) -> None:
    make_api(OrganisationFactory(), "Another's #core", "/another/")
    facets = browser_of(alice).get("/apis/?category=core").context["facets"]
    counted = {facet.name: {choice.label: choice.count for choice in facet.choices} for facet in facets}
    assert counted == {
        "category": {"checkout": 1, "core": 3, "crm": 1, "eu": 1, "mobile": 1, "public": 1},
        "attention": {"Traffic not logged": 1, "No traffic for 30 days": None, "No category": 2},
        "type": {"Classic": 5, "GraphQL": 1},
        "auth": {"Key": 4, "None": 1, "Several": 1},
        "state": {"Active": 5, "Inactive": 1},
        "owned": {"Owned": 2, "Open to everybody": 4},
    }
    chosen = [choice for facet in facets for choice in facet.choices if choice.is_chosen]
    assert [(choice.label, choice.url) for choice in chosen] == [("core", "")], "a second press takes it back"


@pytest.mark.usefixtures("shop")
def test_each_is_told_with_its_traffic_of_a_day(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    orders = cells(client, "Orders")
    assert ">320<" in orders
    assert "2.50 %" in orders
    assert "<polyline" in orders
    assert "/activity/apis/" in orders
    assert "Not logged" in cells(client, "Price feed")
    assert "#recording" in cells(client, "Price feed")
    assert "No traffic" in cells(client, "Loyalty")
    assert "No traffic" not in cells(client, "Summer sale"), "nobody can call it"


def test_a_young_api_is_not_blamed_for_its_silence(browser_of: BrowserOf, alice: User) -> None:
    api = make_api(alice.organisation, "Young", "/young/")
    assert "No traffic" not in cells(browser_of(alice), "Young")
    assert found(browser_of(alice), "?attention=quiet") == []
    age(api, days=QUIET_AFTER.days + 1)
    assert "No traffic" in cells(browser_of(alice), "Young")


def test_who_may_not_read_traffic_sees_none(
    browser_of: BrowserOf, shop: dict[str, Api], organisation_a: Organisation
) -> None:
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    content = browser_of(reader).get("/apis/").content.decode()
    assert "Requests" not in content
    assert "No traffic" not in content


def test_who_owns_some_sees_these_and_what_nobody_owns(
    browser_of: BrowserOf, shop: dict[str, Api], organisation_a: Organisation, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    owner = UserFactory(organisation=organisation_a, user_permissions={"apis": "read", "analytics": "read"})
    set_owners(api=shop["Payments"], users=[owner])
    client: Any = browser_of(owner)
    assert found(client) == ["Payments", "Price feed", "Storefront", "Summer sale"]
    categories = client.get("/apis/").context["facets"][0].choices
    assert [(choice.label, choice.count) for choice in categories] == [("core", 1), ("public", 1)]
