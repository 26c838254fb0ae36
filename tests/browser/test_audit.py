"""The audit pages in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.audit.services import record_event
from apps.users.models import User
from tests.audit.conftest import record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PageOf = Callable[..., Page]
LONG = "/api/usage/apis/" + "0123456789abcdef" * 20


@pytest.fixture
def records(bob: User) -> None:
    """More records than a page holds, and on top one with a diff."""
    for number in range(60):
        record(action="Get Usage", url=LONG, user=f"{'long' * 10}@example.com", status=200 + number)
    before = {"email": "old@example.com", "password": "x", "long": "word" * 200}
    after = {"email": "new@example.com", "password": "y", "long": "other" * 200}
    record_event(
        action="Update User", kind="user", id="5" * 24, organisation=bob.organisation_id, before=before, after=after
    )


def test_a_person_finds_a_change_and_sees_what_it_was(page_of: PageOf, bob: User, records: None) -> None:
    page = page_of(bob)
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator(".audit tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".audit tbody tr")).to_have_count(11)
    page.go_back()
    expect(page.locator(".audit tbody tr")).to_have_count(50)
    page.locator("#filter-button").click()
    page.get_by_label("Action, or a part of it").fill("update")
    page.locator("#filter-menu").get_by_role("button", name="Show").click()
    expect(page.locator(".audit tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/audit/\?action=update$"))
    page.locator(".audit tbody a").first.click()
    row = page.locator(".diff tbody tr").first
    expect(row.locator("del")).to_have_text("old@example.com")
    expect(row.locator("ins")).to_have_text("new@example.com")
    page.go_back()
    page.get_by_role("link", name="Remove the filter: Action has update").click()
    expect(page.locator(".audit tbody tr")).to_have_count(50)


def test_nothing_overflows(page_of: PageOf, bob: User, records: None) -> None:
    page = page_of(bob, "/audit/")
    expect(page.locator(".audit tbody tr")).to_have_count(50)
    change = page.locator(".audit tbody a").first.get_attribute("href")
    for path in ("/audit/", str(change), "/audit/?status=999&user=nobody"):
        page.goto(path)
        expect(page.locator("[data-panel][aria-busy]")).to_have_count(0)
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
