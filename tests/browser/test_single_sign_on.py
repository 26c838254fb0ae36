"""Coming in with a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.organisations.models import Organisation
from apps.sso.models import GroupMapping
from apps.users.models import User, UserGroup
from tests.sso.conftest import known, provider, viewers  # noqa: F401  (fixtures)
from tests.sso.provider import Provider

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PageOf = Callable[..., Page]


def test_a_button_leads_to_the_provider_and_back_to_the_page_that_was_wanted(
    page_of: PageOf,
    provider: Provider,  # noqa: F811
    organisation_a: Organisation,
    viewers: UserGroup,  # noqa: F811
) -> None:
    GroupMapping.objects.create(provider=known(provider, organisation_a), value="Devs", group=viewers)
    provider.claims = {"groups": ["Devs"]}
    page = page_of(None, "/pipeline/")
    page.get_by_role("link", name="Sign in with Example").click()
    page.wait_for_url("**/pipeline/*")
    expect(page.locator(".person")).to_contain_text("zoe@example.com")


def test_who_may_do_nothing_waits_and_looks_again(
    page_of: PageOf,
    provider: Provider,  # noqa: F811
    organisation_a: Organisation,
    viewers: UserGroup,  # noqa: F811
    alice: User,
) -> None:
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={})
    known(provider, organisation_a, default_group=viewers)
    page = page_of(None, "/login/")
    page.get_by_role("link", name="Sign in with Example").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("may not see anything yet")
    expect(page.get_by_role("link", name=alice.email)).to_be_visible()
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("link", name="Check again")).to_be_visible()
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={"analytics": "read"})
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Overview")
