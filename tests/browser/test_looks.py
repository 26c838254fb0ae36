"""How the pages look and feel: on narrow screens, in both schemes, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic

from .conftest import PAYMENTS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("traffic")]

PageOf = Callable[..., Page]
PAGES = [
    "/",
    "/?metric=p95",
    "/?view=table",
    "/activity/apis/",
    f"/activity/apis/{PAYMENTS}/",
    "/pipeline/",
    "/?key=none",
]
NARROW = {"width": 360, "height": 740}


def settled(page: Page) -> Page:
    """The page, once no panel is waited for."""
    expect(page.locator("[data-panel][aria-busy]")).to_have_count(0)
    return page


def test_nothing_overflows(page_of: PageOf, bob: User) -> None:
    page = page_of(bob)
    cut = """[document.documentElement, ...document.querySelectorAll(".scroll:not(:has(.values))")]
        .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.outerHTML.slice(0, 200))"""
    for path in PAGES:
        page.goto(path)
        for width in (360, 768, 900, 1440):
            page.set_viewport_size({"width": width, "height": 740})
            settled(page)
            assert page.evaluate(cut) == [], (path, width)


def test_a_name_is_never_squeezed_to_a_letter(page_of: PageOf, bob: User) -> None:
    page = page_of(bob, "/activity/apis/")
    for width in (360, 768, 900, 1100):
        page.set_viewport_size({"width": width, "height": 740})
        name = settled(page).get_by_role("cell", name="Payments")
        assert name.evaluate("(cell) => cell.clientWidth") > 100, width


def test_no_label_of_the_chart_is_cut(page_of: PageOf, bob: User) -> None:
    page = page_of(bob)
    beyond = """() => { const box = document.querySelector(".chart svg").getBoundingClientRect();
        const labels = [...document.querySelectorAll(".chart text")].map((one) => one.getBoundingClientRect());
        return [labels.length > 4, labels.filter((one) => one.bottom > box.bottom || one.right > box.right).length] }"""
    for path in ("/", "/?from=now-365d&to=now"):
        page.goto(path)
        for width in (360, 390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 740})
            expect(settled(page).locator(".chart svg")).to_be_visible()
            page.wait_for_function(f"document.querySelector('.chart svg').clientWidth < {width}")
            assert page.evaluate(beyond) == [True, 0], (path, width)


def test_menus_stay_on_a_narrow_screen(page_of: PageOf, bob: User) -> None:
    page = settled(page_of(bob, viewport=NARROW))
    for menu in ("#range-button", "#zone-button", "#filter-button"):
        page.locator(menu).click()
        box = page.locator(":popover-open").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        page.keyboard.press("Escape")
        expect(page.locator(":popover-open")).to_have_count(0)


def test_the_sidebar_becomes_a_menu(page_of: PageOf, bob: User) -> None:
    page = settled(page_of(bob, viewport=NARROW))
    link = page.get_by_role("link", name="Pipeline")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pipeline")


def test_both_schemes_can_be_read(page_of: PageOf, bob: User) -> None:
    store_traffic(RequestFactory.build_batch(2, status=404))
    page = page_of(bob, "/?from=now-1h")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        expect(page.locator("[data-chart] svg")).to_be_visible()
        contrasts = page.evaluate(CONTRASTS)
        assert {"404", "Requests", "Payments"} <= set(contrasts)
        assert {word: round(ratio, 2) for word, ratio in contrasts.items() if ratio < 4.5} == {}, scheme


def test_the_first_tab_skips_to_the_content(page_of: PageOf, bob: User) -> None:
    page = settled(page_of(bob))
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_every_page_has_one_heading_landmarks_and_names(page_of: PageOf, bob: User) -> None:
    page = page_of(bob)
    for path in PAGES:
        page.goto(path)
        settled(page)
        expect(page.locator("h1")).to_have_count(1)
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.get_by_role("navigation", name="Main")).to_have_count(1)
        assert page.evaluate(NAMELESS) == [], path


def test_where_the_focus_is_can_be_seen(page_of: PageOf, bob: User) -> None:
    page = settled(page_of(bob))
    for _ in range(25):
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", page.evaluate("document.activeElement.outerHTML")


def test_it_prints_on_white(page_of: PageOf, bob: User) -> None:
    page = settled(page_of(bob, color_scheme="dark"))
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.panel')).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".sidebar")).to_be_hidden()


# Contrast of each text with what is behind it (WCAG 2.2, 1.4.3), by word.
CONTRASTS = """() => {
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const solid = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const found = {};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    const at = node.parentElement, word = node.textContent.trim();
    if (!word || !at.checkVisibility()) continue;
    if (at.closest("svg, script, [aria-hidden], .visually-hidden, .skip-link")) continue;
    const behind = [];
    for (let one = at; one; one = one.parentElement) behind.unshift(getComputedStyle(one).backgroundColor);
    const back = solid(behind), front = solid([...behind, getComputedStyle(at).color]);
    const [a, b] = [light(back), light(front)];
    found[word] = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  }
  return found;
}"""

# What can be operated and has no name that could be read out.
NAMELESS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.ariaLabel || one.innerText?.trim() || one.labels?.length || one.title))
  .map((one) => one.outerHTML)"""
