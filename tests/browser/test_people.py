"""The pages of users and groups in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.users import services
from apps.users.models import User, UserGroup
from tests.factories import UserFactory

pytestmark = pytest.mark.browser

PageOf = Callable[..., Page]


@pytest.fixture
def team(transactional_db: None, alice: User) -> UserGroup:
    """A group of A."""
    return services.create_group(
        group=UserGroup(organisation=alice.organisation, name="Payments team", user_permissions={"apis": "write"})
    )


def test_it_searches_while_one_types_and_keeps_the_search_in_the_address(
    team: UserGroup, page_of: PageOf, alice: User, bob: User
) -> None:
    page = page_of(alice, "/users/")
    page.get_by_label("Name or e-mail address").press_sequentially("bo")
    expect(page.get_by_text("alice@example.com").and_(page.locator("main *"))).to_have_count(0)
    expect(page.get_by_role("link", name="Bob")).to_be_visible()
    assert page.url.endswith("/users/?q=bo")
    page.go_back()
    expect(page.get_by_role("link", name="Alice")).to_be_visible()


def test_it_makes_a_user_by_keyboard_and_shows_the_key_once(team: UserGroup, page_of: PageOf, alice: User) -> None:
    page = page_of(alice, "/users/new/")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("erin@example.com")
    page.get_by_label("Group", exact=True).select_option("Payments team")
    page.get_by_label("Keys", exact=False).select_option("Read and write")
    page.get_by_label("E-mail address").press("Enter")
    key = page.locator("#key").inner_text()
    erin = User.objects.get(email="erin@example.com")
    assert (erin.group, erin.user_permissions) == (team, {"keys": "write"})
    assert User.objects.with_access_key(key) == erin
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_text("While Payments team is their group")).to_be_visible()
    assert key not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(team: UserGroup, page_of: PageOf, alice: User, bob: User, scheme: str) -> None:
    UserFactory(organisation=alice.organisation, email=f"{'long' * 14}@example.com", last_name="Long" * 30, group=team)
    paths = ("/users/", f"/users/{bob.pk}/", "/users/new/", f"/users/{bob.pk}/access-key/", "/groups/",
             f"/groups/{team.pk}/", f"/groups/{team.pk}/delete/")  # fmt: skip
    page = page_of(alice, paths[0], viewport={"width": 360, "height": 800}, color_scheme=scheme)
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_list_shows_what_it_is_sorted_by(page_of: PageOf, alice: User, bob: User) -> None:
    page = page_of(alice, "/users/")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text(alice.email)
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(first).to_contain_text(bob.email)
