"""The catalogue in a browser: found while one types, chips by keyboard, addresses copied, nothing cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.apis.models import Api
from apps.users.models import User
from tests.catalogue.shop import make_shop

pytestmark = pytest.mark.browser

PageOf = Callable[..., Page]


@pytest.fixture
def shop(transactional_db: None, alice: User) -> dict[str, Api]:
    return make_shop(alice.organisation)


def test_apis_are_found_while_one_types_and_narrowed_beside(page_of: PageOf, alice: User, shop: dict[str, Api]) -> None:
    page = page_of(alice, "/apis/")
    page.get_by_role("searchbox").fill("lyst")
    expect(page.get_by_role("heading", name="2 APIs")).to_be_visible()
    page.get_by_role("navigation", name="Category").get_by_role("link", name="checkout").click()
    expect(page.get_by_role("heading", name="1 API")).to_be_visible()
    expect(page).to_have_url(f"{page.url.partition('/apis/')[0]}/apis/?q=lyst&category=checkout")
    page.get_by_role("link", name="Orders").first.click()
    page.get_by_role("button", name="Copy the address").click()
    assert page.evaluate("navigator.clipboard.readText()") == "http://localhost:8080/orders/"


def test_categories_are_chips(page_of: PageOf, alice: User, shop: dict[str, Api]) -> None:
    page = page_of(alice, f"/apis/{shop['Orders'].pk}/settings/")
    entry, chips = page.get_by_label("Categories"), page.locator(".chips-input").first.locator(".tag")
    expect(chips).to_have_count(2)
    entry.press("Backspace")
    page.get_by_role("button", name="Remove core").click()
    expect(chips).to_have_count(0)
    entry.fill("eu")
    entry.press("Enter")
    entry.fill("mobile")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Orders is saved.")).to_be_visible()
    assert Api.objects.get(pk=shop["Orders"].pk).categories == ["eu", "mobile"]


def test_nothing_overflows(page_of: PageOf, alice: User, shop: dict[str, Api]) -> None:
    page = page_of(alice, "/apis/")
    cut = """[document.documentElement, ...document.querySelectorAll(".scroll")]
        .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.outerHTML.slice(0, 200))"""
    tabs = ("", "endpoints/", "versions/", "access/", "changes/", "definition/", "settings/", "delete/")
    for path in ("/apis/", "/apis/new/", *(f"/apis/{shop['Loyalty'].pk}/{tab}" for tab in tabs)):
        page.goto(path)
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 740})
            expect(page.locator("[data-panel][aria-busy]")).to_have_count(0)
            assert page.evaluate(cut) == [], (path, width)
