"""Logging in as a person does: with keyboard, codes and links, on wide and narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.users.models import TwoFactor, User
from apps.users.services.passwords import reset_code
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

from .test_looks import CONTRASTS, NAMELESS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PageOf = Callable[..., Page]
NEW = "a wholly new one"
OUTSIDE = ["/login/", "/password/forgotten/", "/password/forgotten/sent/", "/password/new/"]
INSIDE = [
    "/profile/",
    "/password/",
    "/two-factor/",
    "/two-factor/codes/",
    "/profile/access-key/",
    "/profile/organisation/",
]


def log_in(page: Page, user: User, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_a_person_comes_in_by_all_the_steps(
    page_of: PageOf, settings: Settings, bob: User, organisation_a: Organisation, organisation_b: Organisation
) -> None:
    """Two organisations, one of which wants a new password and a second factor."""
    settings.ENABLE_MULTI_ORG_USERS = True
    organisation_a.require_two_factor = bob.must_change_password = True
    organisation_a.save()
    bob.save()
    there = UserFactory.build(email=bob.email, organisation=organisation_b)
    there.set_password(PASSWORD)
    there.save()

    page = page_of(None, "/profile/")
    log_in(page, bob)
    page.get_by_role("button", name="Alpha").click()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password once more").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    seed = page.locator(".seed").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(seed).now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#codes")).to_contain_text(re.compile(r"(\w{4}-){3}\w{4}"))
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(re.compile("/profile/$"))
    page.get_by_role("link", name="Switch organisation").click()
    page.get_by_role("button", name="Beta").click()
    expect(page.locator(".person")).to_contain_text("Beta")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_it_asks_for_the_code(page_of: PageOf, bob: User) -> None:
    from tests.users.test_two_factor import code_at, set_up

    seed, _ = set_up(bob)
    page = page_of(None, "/profile/")
    log_in(page, bob)
    page.get_by_role("textbox").fill(code_at(seed))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile")
    assert TwoFactor.objects.get().last_step > 0


def test_a_link_is_taken_apart_in_the_browser(page_of: PageOf, bob: User) -> None:
    page = page_of(None, f"/password/new/#{reset_code(bob)}")
    expect(page.get_by_label("Code from the link")).to_be_hidden()
    assert page.url.endswith("/password/new/")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password once more").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    assert Client().post("/login/", {"username": bob.email, "password": NEW}).status_code == 302


def test_the_access_key_is_copied(page_of: PageOf, bob: User) -> None:
    page = page_of(bob, "/profile/access-key/")
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    key = page.evaluate("navigator.clipboard.readText()")
    assert User.objects.with_access_key(key) == bob


def test_the_pages_fit_can_be_read_and_have_names(page_of: PageOf, bob: User) -> None:
    outside, inside = page_of(None, "/login/"), page_of(bob, "/profile/")
    for page, paths in ((outside, OUTSIDE), (inside, INSIDE)):
        for path in paths:
            page.goto(path)
            expect(page.locator("h1")).to_have_count(1)
            assert page.evaluate(NAMELESS) == [], path
            for width in (360, 1440):
                page.set_viewport_size({"width": width, "height": 740})
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                low = {word: round(ratio, 2) for word, ratio in page.evaluate(CONTRASTS).items() if ratio < 4.5}
                assert low == {}, (path, scheme)
