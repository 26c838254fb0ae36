"""The pages of users and of groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import TwoFactor, User, UserGroup
from apps.users.totp import new_seed
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
SENT = {
    "email": "erin@example.com",
    "first_name": "Erin",
    "last_name": "Doe",
    "group": "",
    "is_active": "on",
    "password_max_days": "0",
    "user_permissions_apis": "read",
}
TEAM = {"name": "Team", "description": "", "active": "on", "password_max_days": "0", "user_permissions_apis": "read"}


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def key_on(response: Any) -> str:
    found = re.search(r'<pre class="secret" id="key">([0-9a-f]{32})</pre>', text(response))
    assert found
    return found[1]


@pytest.fixture
def team(organisation_a: Organisation) -> UserGroup:
    """A group of A whose members read APIs."""
    return services.create_group(
        group=UserGroup(organisation=organisation_a, name="Team", user_permissions={"apis": "read"})
    )


@pytest.fixture
def outsider(organisation_a: Organisation) -> User:
    """A user of A who may see neither users nor groups."""
    return UserFactory(organisation=organisation_a, user_permissions={"analytics": "read"})


@pytest.mark.parametrize("path", ["/users/", "/users/new/", "/groups/", "/groups/new/"])
def test_visitors_login_first(path: str) -> None:
    assert Client().get(path)["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize(("path", "permission"), [("/users/", "users"), ("/groups/", "user_groups")])
def test_the_table_says_who_sees_them_and_who_writes(
    browser_of: BrowserOf, alice: User, bob: User, outsider: User, path: str, permission: str
) -> None:
    assert browser_of(outsider).get(path).status_code == 403
    assert f'href="{path}"' not in text(browser_of(outsider).get("/profile/"))
    reader = browser_of(bob)
    assert f'href="{path}" aria-current="page"' in text(reader.get(path))
    assert f"{path}new/" not in text(reader.get(path))
    refused = reader.get(f"{path}new/")
    assert (refused.status_code, f"<code>{permission}</code>" in text(refused)) == (403, True)
    assert reader.post(f"{path}new/", SENT).status_code == 403
    assert f"{path}new/" in text(browser_of(alice).get(path))


def test_it_lists_the_organisation_s_users(
    browser_of: BrowserOf, alice: User, bob: User, charlie: User, dora: User, team: UserGroup
) -> None:
    User.objects.filter(pk=bob.pk).update(group=team, is_active=False)
    page = text(browser_of(alice).get("/users/"))
    for words in ("alice@example.com", "bob@example.com", "Team", "Administrator", "Inactive"):
        assert words in page
    assert "charlie" not in page
    assert "Beta" in text(browser_of(dora).get("/users/"))


@pytest.mark.parametrize("query", ["BOB@", "bob", "Bo exam"])
def test_it_searches_names_and_addresses(browser_of: BrowserOf, alice: User, bob: User, query: str) -> None:
    page = text(browser_of(alice).get("/users/", {"q": query})).partition("<table")[2]
    assert "bob@example.com" in page
    assert "alice@example.com" not in page


@pytest.mark.parametrize("query", ["nobody", "%", "\0bob nobody", "x" * 300])
def test_it_says_why_there_is_nothing(browser_of: BrowserOf, alice: User, query: str) -> None:
    assert "Nobody is called that" in text(browser_of(alice).get("/users/", {"q": query}))


def test_it_pages(browser_of: BrowserOf, alice: User) -> None:
    for number in range(30):
        UserFactory(organisation=alice.organisation, email=f"person{number:02}@example.com")
    client = browser_of(alice)
    first = text(client.get("/users/?q=person"))
    assert ("person24@" in first, "person25@" in first) == (True, False)
    assert "?q=person&amp;p=2" in first
    second = text(client.get("/users/?q=person&p=2"))
    assert ("person24@" in second, "person29@" in second, "?q=person&amp;p=1" in second) == (False, True, True)
    assert "person29@" in text(client.get("/users/?q=person&p=99"))


@pytest.mark.parametrize("path", ["/users/", "/groups/"])
def test_the_lists_cost_the_same_queries_however_long(
    browser_of: BrowserOf, alice: User, team: UserGroup, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(alice)
    for number in range(2):
        UserFactory.create_batch(5, organisation=alice.organisation, group=team)
        services.create_group(group=UserGroup(organisation=alice.organisation, name=f"Other {number}"))
        with django_assert_num_queries(4):  # session, who it is, how many, which
            client.get(path)


def test_it_makes_a_user_and_shows_the_key_once(browser_of: BrowserOf, alice: User, team: UserGroup) -> None:
    client = browser_of(alice)
    page = client.post("/users/new/", {**SENT, "email": "Erin@Example.com", "group": team.pk, "password": "secret one"})
    erin = User.objects.get(email="erin@example.com")
    assert User.objects.with_access_key(key_on(page)) == erin
    assert "no-store" in page["Cache-Control"]
    assert (erin.organisation, erin.group, erin.is_staff) == (alice.organisation, team, False)
    assert erin.check_password("secret one")
    assert services.show_once_take(user=erin) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "alice@EXAMPLE.com"}, "Another account has this e-mail address."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"user_permissions_apis": ""}, "Choose at least one permission"),
        ({"password": "short"}, "It needs at least 6 characters."),
        ({"group": "c" * 24}, "Select a valid choice."),
    ],
)
def test_it_explains_what_is_wrong(browser_of: BrowserOf, alice: User, changes: dict[str, str], words: str) -> None:
    assert words in text(browser_of(alice).post("/users/new/", {**SENT, **changes}))
    assert User.objects.get() == alice


def test_a_super_user_says_in_which_organisation(
    browser_of: BrowserOf, dora: User, organisation_b: Organisation
) -> None:
    client = browser_of(dora)
    assert "This field is required." in text(client.post("/users/new/", SENT))
    client.post("/users/new/", {**SENT, "organisation": organisation_b.pk})
    assert User.objects.get(email="erin@example.com").organisation == organisation_b
    client.post("/groups/new/", {**TEAM, "organisation": organisation_b.pk})
    assert UserGroup.objects.get().organisation == organisation_b


def test_it_shows_and_changes_a_user(browser_of: BrowserOf, alice: User, bob: User, team: UserGroup) -> None:
    client = browser_of(alice)
    assert "bob@example.com" in text(client.get(f"/users/{bob.pk}/"))
    changes = {"email": bob.email, "first_name": "Robert", "group": team.pk, "must_change_password": "on"}
    page = client.post(f"/users/{bob.pk}/", {**SENT, **changes}, follow=True)
    assert "Saved." in text(page)
    bob.refresh_from_db()
    assert (bob.first_name, bob.group, bob.must_change_password) == ("Robert", team, True)
    assert bob.user_permissions == {"apis": "read"}
    assert bob.check_password(PASSWORD)


def test_nobody_changes_who_may_do_more(browser_of: BrowserOf, organisation_a: Organisation, alice: User) -> None:
    writer = UserFactory(organisation=organisation_a, user_permissions={"users": "write", "apis": "read"})
    client, before = browser_of(writer), User.objects.filter(pk=alice.pk).values().get()
    page = text(client.get(f"/users/{alice.pk}/"))
    assert "You may look at this account, but not change it" in page
    assert "Reset access key" not in page
    for path in ("", "revoke/", "access-key/", "password/", "delete/"):
        answer = client.post(f"/users/{alice.pk}/{path}", {**SENT, "new_password1": "x" * 9, "new_password2": "x" * 9})
        assert "secret" not in text(answer)
    assert User.objects.filter(pk=alice.pk).values().get() == before


def test_a_refusal_that_no_form_knew_is_told(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    User.objects.filter(pk=alice.pk).update(user_permissions={"users": "write", "user_groups": "write", "apis": "read"})
    stronger = {**SENT, "email": bob.email}
    assert "You do not have permission to change this user" in text(client.post(f"/users/{bob.pk}/", stronger))


def test_it_revokes(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client, his = browser_of(alice), browser_of(bob)
    assert his.get("/users/").status_code == 200
    assert client.get(f"/users/{bob.pk}/revoke/").status_code == 405
    assert "Revoked" in text(client.post(f"/users/{bob.pk}/revoke/", follow=True))
    assert his.get("/users/").status_code == 302


def test_it_resets_a_key_and_shows_it_once(browser_of: BrowserOf, alice: User, bob: User, settings: Settings) -> None:
    old, client = services.reset_access_key(user=bob), browser_of(alice)
    assert "Reset the access key of bob@example.com?" in text(client.get(f"/users/{bob.pk}/access-key/"))
    page = client.post(f"/users/{bob.pk}/access-key/")
    assert User.objects.with_access_key(key_on(page)) == bob
    assert User.objects.with_access_key(old) is None
    settings.FORBID_ADMIN_RESET_ACCESS_TOKEN = True
    refused = text(client.post(f"/users/{bob.pk}/access-key/", follow=True))
    assert "You do not have permission to reset the access key of other users" in refused


def test_it_sets_a_password_for_who_was_trusted_with_it(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client, path = browser_of(alice), f"/users/{bob.pk}/password/"
    words = {"new_password1": "new words", "new_password2": "new words"}
    assert "Set password" not in text(client.get(f"/users/{bob.pk}/"))
    assert "You do not have permission to reset the password" in text(client.get(path, follow=True))
    client.post(path, words)
    services.allow_reset_passwords(user=alice, allowed=True)
    assert "Set password" in text(client.get(f"/users/{bob.pk}/"))
    assert "It needs at least 6" in text(client.post(path, {"new_password1": "x", "new_password2": "x"}))
    assert User.objects.get(pk=bob.pk).check_password(PASSWORD)
    assert "The password is set" in text(client.post(path, words, follow=True))
    assert User.objects.get(pk=bob.pk).check_password("new words")


def test_nobody_without_the_right_learns_what_a_password_is_or_was(
    browser_of: BrowserOf, alice: User, bob: User
) -> None:
    client, guess = browser_of(alice), {"new_password1": PASSWORD, "new_password2": PASSWORD}
    for sent in (guess, {**guess, "new_password2": "x"}, {}):
        answer = client.post(f"/users/{bob.pk}/password/", sent, follow=True)
        assert answer.redirect_chain == [(f"/users/{bob.pk}/", 302)]
        assert "You do not have permission to reset the password" in text(answer)
        assert "used before" not in text(answer)


def test_one_s_own_password_is_changed_where_the_present_one_is_asked(browser_of: BrowserOf, alice: User) -> None:
    client, words = browser_of(alice), {"new_password1": "new words", "new_password2": "new words"}
    for answer in (client.get(f"/users/{alice.pk}/password/"), client.post(f"/users/{alice.pk}/password/", words)):
        assert (answer.status_code, answer["Location"]) == (302, "/password/")
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_it_removes_a_second_factor_that_is_lost(browser_of: BrowserOf, alice: User, bob: User, charlie: User) -> None:
    client, path = browser_of(alice), f"/users/{bob.pk}/two-factor/"
    assert path not in text(client.get(f"/users/{bob.pk}/"))
    assert "Two-factor log-in is off already" in text(client.post(path, follow=True))
    TwoFactor.from_seed(bob, new_seed(), 0).save()
    assert path in text(client.get(f"/users/{bob.pk}/"))
    assert "Remove the second factor of bob@example.com?" in text(client.get(path))
    assert browser_of(charlie).post(path).status_code == 404
    assert TwoFactor.objects.exists()
    assert "The second factor is removed" in text(client.post(path, follow=True))
    assert not TwoFactor.objects.exists()
    refused = text(client.post(f"/users/{alice.pk}/two-factor/", follow=True))
    assert "Switch off your own two-factor log-in on your profile page" in refused


def test_it_deletes_but_not_the_last_administrator(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    assert "Delete bob@example.com?" in text(client.get(f"/users/{bob.pk}/delete/"))
    assert "bob@example.com is deleted." in text(client.post(f"/users/{bob.pk}/delete/", follow=True))
    assert "Nobody could administer the organisation any more" in text(
        client.post(f"/users/{alice.pk}/delete/", follow=True)
    )
    assert User.objects.get() == alice


@pytest.mark.parametrize("page", ["", "access-key/", "password/", "two-factor/", "delete/"])
def test_others_users_are_not_there(browser_of: BrowserOf, alice: User, charlie: User, page: str) -> None:
    client = browser_of(alice)
    for pk in (charlie.pk, "c" * 24, "x"):
        answer: HttpResponse = client.get(f"/users/{pk}/{page}")
        assert (answer.status_code, "charlie" in text(answer)) == (404, False)
        assert client.post(f"/users/{pk}/{page}", SENT).status_code == 404
