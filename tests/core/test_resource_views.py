"""The pages of a resource, seen as HTTP has them: methods, heads and what browsers may keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.core.resources import plural_of
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.views.groups import UserGroupPages
from tests.factories import UserGroupFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
READ, FORM, POST_ONLY = "GET, HEAD, OPTIONS", "GET, POST, HEAD, OPTIONS", "POST, OPTIONS"


@pytest.fixture
def group(organisation_a: Organisation) -> UserGroup:
    return UserGroupFactory(organisation=organisation_a)


@pytest.mark.parametrize(
    ("page", "allowed"), [("", READ), ("new/", FORM), ("{}/", FORM), ("{}/delete/", FORM), ("{}/revoke/", POST_ONLY)]
)
def test_other_methods_are_refused_and_those_that_are_offered_named(
    browser_of: BrowserOf, alice: User, group: UserGroup, page: str, allowed: str
) -> None:
    base, row = ("/users/", alice) if "revoke" in page else ("/groups/", group)
    browser, url = browser_of(alice), base + page.format(row.pk)
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - {*allowed.split(", ")}:
        refused = browser.generic(method, url)
        assert (refused.status_code, refused["Allow"]) == (405, allowed)
    offered = browser.options(url)
    assert (offered.status_code, offered["Allow"], offered.content) == (200, allowed, b"")
    assert UserGroup.objects.filter(pk=group.pk).exists()


@pytest.mark.parametrize("page", ["", "new/", "{}/", "{}/delete/"])
def test_a_head_is_the_page_without_its_body(
    browser_of: BrowserOf, alice: User, bob: User, group: UserGroup, page: str
) -> None:
    url = "/groups/" + page.format(group.pk)
    got, head = browser_of(alice).get(url), browser_of(alice).head(url)
    assert (head.status_code, head["Content-Type"], head.content) == (200, got["Content-Type"], b"")
    assert UserGroup.objects.filter(pk=group.pk).exists()
    assert browser_of(bob).head(url).status_code == browser_of(bob).get(url).status_code


@pytest.mark.parametrize(
    ("target", "is_part"), [("groups", True), ("users", False), ("main", False), ("", False), (None, False)]
)
def test_htmx_gets_the_rows_alone_where_it_puts_them(
    browser_of: BrowserOf, alice: User, group: UserGroup, target: str | None, is_part: bool
) -> None:
    headers = {"HX-Request": "true"} | ({} if target is None else {"HX-Target": target})
    answer = browser_of(alice).get("/groups/?q=group", headers=headers)
    assert ("<html" in answer.content.decode(), group.name in answer.content.decode()) == (not is_part, True)
    assert {"HX-Request", "HX-Target"} <= {*answer["Vary"].split(", ")}


@pytest.mark.parametrize(
    "page",
    [
        "/groups/",
        "/groups/{group}/",
        "/groups/new/",
        "/groups/{group}/delete/",
        "/users/new/",
        "/users/{bob}/access-key/",
        "/users/{bob}/password/",
        "/users/{bob}/two-factor/",
    ],
)
def test_what_people_see_is_kept_by_no_browser(
    browser_of: BrowserOf, alice: User, bob: User, group: UserGroup, page: str
) -> None:
    url = page.format(group=group.pk, bob=bob.pk)
    assert "no-store" in browser_of(alice).get(url)["Cache-Control"]
    if "/groups/" not in page:
        assert "no-store" in browser_of(alice).post(url, {})["Cache-Control"]
        assert "no-store" in browser_of(bob).post(url, {})["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("group", "groups"),
        ("policy", "policies"),
        ("key", "keys"),
        ("API", "APIs"),
        ("alias", "aliases"),
        ("patch", "patches"),
    ],
)
def test_names_have_plurals(name: str, plural: str) -> None:
    assert plural_of(name) == plural


def test_a_name_with_an_odd_ending_has_its_plural_in_routes_and_sentences() -> None:
    class PolicyPages(UserGroupPages):
        name = "policy"

    class MediumPages(UserGroupPages):
        name, plural = "medium", "media"

    assert [str(route.pattern) for route in PolicyPages.urls()[:2]] == ["policies/", "policies/new/"]
    assert [route.name for route in MediumPages.urls()[:2]] == ["media", "medium-new"]
    assert (PolicyPages.plural, UserGroupPages.plural) == ("policies", "groups")
