"""The page about the pipeline in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.analytics.models import LedgerEntry
from apps.users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("traffic")]

PageOf = Callable[..., Page]


def test_every_hour_agrees(page_of: PageOf, bob: User) -> None:
    page = page_of(bob, "/pipeline/")
    rows = page.locator("#panel-hours tbody tr")
    expect(rows.first).to_contain_text("yes")
    received = [int(cell) for cell in page.locator("#panel-hours tbody td:nth-child(2)").all_inner_texts()]
    assert sum(received) == 180
    assert all("yes" in row for row in rows.all_text_contents())


def test_an_hour_that_differs_says_by_how_much(page_of: PageOf, bob: User) -> None:
    entry = LedgerEntry.objects.filter(organisation=bob.organisation_id).latest("hour")
    entry.received += 3
    entry.stored += 3
    entry.save()
    page = page_of(bob, "/pipeline/")
    expect(page.locator("#panel-hours tbody tr").first).to_contain_text("-3 counted")
    expect(page.locator("#panel-state [role=alert]")).to_contain_text("differ")
