"""The overview in a browser: what it shows, and that every way of moving leaves an address to come back to."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from apps.users.models import User
from tests.plugins.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("traffic")]

PageOf = Callable[..., Page]


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def drawn(page: Page) -> Page:
    """The page, once its chart is there."""
    expect(page.locator("[data-chart] svg")).to_be_visible()
    return page


def test_a_person_logs_in_and_sees_the_numbers(page_of: PageOf, bob: User) -> None:
    page = page_of(None, "/?from=now-6h")
    page.get_by_label("E-mail address").fill(bob.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#figure-requests .value")).to_have_text("180")
    assert parameters(page) == {"from": ["now-6h"]}
    expect(page.locator("#panel-apis")).to_contain_text("Payments")
    expect(page.locator("#panel-errors")).to_contain_text("unavailable")
    expect(page.locator("#panel-proof")).to_contain_text("Every request counted: 180 received = 180 stored")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_series_is_switched_off_and_back_on(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    series = page.locator("#series-client")
    expect(series).to_have_attribute("aria-checked", "true")
    series.click()
    expect(page.locator("#series-client")).to_have_attribute("aria-checked", "false")
    assert parameters(page)["hide"] == ["client,average,p50,p95,p99"]
    page.locator("#series-client").click()
    expect(page.locator("#series-client")).to_have_attribute("aria-checked", "true")
    drawn(page)


def test_a_figure_chooses_what_the_chart_shows(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob))
    page.locator("#figure-p95").click()
    expect(page.locator("#panel-chart h2")).to_have_text("Latency")
    expect(page.locator("#figure-p95")).to_have_attribute("aria-current", "true")
    assert parameters(page) == {"metric": ["p95"]}


def test_dragging_zooms_and_the_back_button_comes_back(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h&step=15m"))
    box = page.locator("[data-chart]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 90, steps=4)
    expect(page.locator("[data-chart] .selection")).to_be_visible()
    page.mouse.up()
    page.wait_for_url(re.compile("from=20"))
    zoomed = parameters(page)
    assert zoomed["from"] < zoomed["to"]
    assert "step" not in zoomed
    expect(page.locator("#range-button")).not_to_contain_text("Last 6 hours")
    page.go_back()
    expect(page.locator("#range-button")).to_contain_text("Last 6 hours")
    assert parameters(page) == {"from": ["now-6h"], "step": ["15m"]}
    drawn(page)


def test_the_arrow_keys_read_the_chart_aloud_and_zoom(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h&step=15m"))
    page.locator("[data-chart]").focus()
    page.keyboard.press("End")
    expect(page.locator("#live-region")).to_contain_text("still filling")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#live-region")).to_contain_text("2xx success 8")
    expect(page.locator(".tooltip")).to_be_visible()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("#live-region")).to_contain_text("2xx success 24")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("from=20"))
    drawn(page)


def test_the_arrow_keys_move_the_range_when_nothing_is_focused(page_of: PageOf, bob: User) -> None:
    page = page_of(bob, "/?from=2026-01-05&to=2026-01-06")
    expect(page.locator("#panel-chart")).to_contain_text("No requests in this range")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/?from=2026-01-04&to=2026-01-05")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/?from=2026-01-05&to=2026-01-06")


def test_the_chart_has_a_table_with_the_same_numbers(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h&step=15m"))
    page.locator("#view").click()
    table = page.locator("#panel-chart table")
    expect(table).to_be_visible()
    cells = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(int(cell) for cell in cells) == 160
    assert parameters(page)["view"] == ["table"]


def test_a_name_in_a_table_filters_and_its_chip_removes_the_filter(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.locator("#panel-keys").get_by_role("link", name="Mobile app").click()
    expect(page.locator("#figure-requests .value")).to_have_text("120")
    chip = page.get_by_role("link", name="Remove the filter: key is Mobile app")
    chip.click()
    expect(page.locator("#figure-requests .value")).to_have_text("180")
    assert parameters(page) == {"from": ["now-6h"]}


def test_an_api_opens_its_own_page(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.locator("#panel-apis").get_by_role("link", name="Orders").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Orders")
    expect(page.locator("#figure-requests .value")).to_have_text("40")
    assert parameters(page) == {"from": ["now-6h"]}
    page.get_by_role("link", name="By API", exact=True).first.click()
    expect(page.locator("#panel-all_apis")).to_contain_text("2 APIs")
    page.locator("#sort-name").click()
    expect(page.locator("#panel-all_apis tbody tr").first).to_contain_text("Orders")


def test_the_filter_menu_offers_what_there_is(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.locator("#filter-button").click()
    page.locator("#filter-menu").get_by_label("Orders").check()
    page.locator("#filter-menu").get_by_role("button", name="Apply").click()
    expect(page.locator("#figure-requests .value")).to_have_text("40")
    expect(page.locator(".chip.on")).to_contain_text("API is Orders")


def test_a_range_is_typed(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob))
    page.locator("#range-button").click()
    page.get_by_label("Type a range").fill("now-2h..now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?from=now-2h")
    expect(page.locator("#range-button")).to_contain_text("Last 2 hours")
    page.locator("#range-button").click()
    page.get_by_label("Type a range").fill("sometime")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("“range” was left out")


def test_a_shared_address_is_copied(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.locator("#share").click()
    expect(page.locator("#live-region")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "now" not in urlsplit(copied).query
    page.goto(copied)
    expect(page.locator("#figure-requests .value")).to_have_text("180")


def test_live_follows_the_traffic(page_of: PageOf, bob: User) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.locator("#live").click()
    expect(page.locator("#live")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#panel-figures")).to_have_attribute("hx-trigger", re.compile("every 10s"))


def test_a_failed_panel_says_so_and_is_tried_again(page_of: PageOf, bob: User, live_server: object) -> None:
    page = drawn(page_of(bob, "/?from=now-6h"))
    page.route("**/panels/overview/keys/**", lambda route: route.fulfill(status=200, body="<p>back</p>"))
    page.evaluate("htmx.find('#panel-keys').innerHTML = '<button data-retry>Try again</button>'")
    page.locator("#panel-keys [data-retry]").click()
    expect(page.locator("#panel-keys")).to_have_text("back")
