"""Accounts on the staff site."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.admin import UserAdmin
from apps.users.models import User, UserGroup
from apps.users.resources import USERS as USERS_RESOURCE
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
USERS = "/staff/users/user/"


def posted(user: User | None = None, **changes: Any) -> dict[str, Any]:
    """Give the form of an account as a browser would send it."""
    fields: dict[str, Any] = {
        "email": user.email if user else "erin@example.com",
        "first_name": "",
        "last_name": "",
        "organisation": (user.organisation_id or "") if user else "",
        "is_active": "on",
        "time_zone": "",
        "password_max_days": "0",
        "user_permissions_apis": "read",
    }
    if user and user.is_staff:
        fields["is_staff"] = "on"
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def key_on(page: Any) -> str:
    found = re.search(r'<code class="secret">([0-9a-f]{32})</code>', page.content.decode())
    assert found
    return found[1]


def errors_of(page: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = page.context["adminform"].form.errors
    return errors


def test_visitors_are_sent_to_the_login_page() -> None:
    assert Client().get(USERS, follow=True).redirect_chain[-1][0] == f"/login/?next={USERS}"


def test_people_who_are_not_staff_are_refused(browser_of: BrowserOf, bob: User) -> None:
    response = browser_of(bob).get("/staff/", follow=True)
    assert response.status_code == 403


def test_staff_see_the_users_of_their_organisation_only(
    browser_of: BrowserOf, alice: User, bob: User, charlie: User, dora: User
) -> None:
    page = browser_of(alice).get(USERS).content.decode()
    assert "bob@example.com" in page
    assert "charlie@example.com" not in page
    assert "Beta" not in page
    assert "dora@example.com" not in page
    assert "charlie@example.com" in browser_of(dora).get(USERS).content.decode()


@pytest.mark.parametrize("page", ["change/", "delete/", "history/", "password/", "access-key/"])
def test_staff_cannot_open_a_user_of_another_organisation(
    browser_of: BrowserOf, alice: User, charlie: User, page: str
) -> None:
    response: HttpResponse = browser_of(alice).get(f"{USERS}{charlie.pk}/{page}")
    assert response.status_code in {302, 403}
    assert "charlie" not in response.content.decode()


def test_it_searches_and_filters(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    assert "bob@example.com" not in client.get(f"{USERS}?q=alice").content.decode().partition("result_list")[2]
    assert "bob@example.com" not in client.get(f"{USERS}?is_staff__exact=1").content.decode()


def test_the_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(alice)
    for _ in range(2):
        for user in UserFactory.create_batch(10, organisation=alice.organisation):
            services.reset_access_key(user=user)
        with django_assert_max_num_queries(10):
            client.get(USERS)


def test_it_makes_an_account_and_shows_its_key_once(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    page = client.post(f"{USERS}add/", posted(email="Erin@Example.com", password="secret words"))
    user = User.objects.get(email="erin@example.com")
    assert user.organisation == alice.organisation
    assert user.user_permissions == {"apis": "read"}
    assert user.check_password("secret words")
    assert User.objects.with_access_key(key_on(page)) == user
    assert "no-store" in page["Cache-Control"]
    assert key_on(page) not in client.get(f"{USERS}{user.pk}/change/").content.decode()


def test_a_super_user_makes_an_account_for_any_organisation(
    browser_of: BrowserOf, dora: User, organisation_b: Organisation
) -> None:
    browser_of(dora).post(f"{USERS}add/", posted(organisation=organisation_b.pk, is_staff="on"))
    user = User.objects.get(email="erin@example.com")
    assert (user.organisation, user.is_staff) == (organisation_b, True)


def test_it_refuses_another_organisation_smuggled_into_the_form(
    browser_of: BrowserOf, alice: User, bob: User, organisation_b: Organisation
) -> None:
    client = browser_of(alice)
    client.post(f"{USERS}add/", posted(organisation=organisation_b.pk))
    client.post(f"{USERS}{bob.pk}/change/", posted(bob, organisation=organisation_b.pk))
    assert not User.objects.filter(organisation=organisation_b).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "ALICE@example.com"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"user_permissions_apis": ""}, "user_permissions"),
        ({"user_permissions_apis": "admin"}, "user_permissions"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"password": "short"}, "password"),
    ],
)
def test_it_explains_what_is_wrong_with_a_form(
    browser_of: BrowserOf, alice: User, changes: dict[str, str], field: str
) -> None:
    page = browser_of(alice).post(f"{USERS}add/", posted(**changes))
    assert list(errors_of(page)) == [field]
    assert User.objects.count() == 1


def test_it_changes_an_account_through_the_service(browser_of: BrowserOf, alice: User, bob: User) -> None:
    changes = {"first_name": "Robert", "is_active": None, "user_permissions_keys": "write"}
    response = browser_of(alice).post(f"{USERS}{bob.pk}/change/", posted(bob, **changes))
    assert response.status_code == 302
    bob.refresh_from_db()
    assert (bob.first_name, bob.is_active, bob.organisation_id) == ("Robert", False, "a" * 24)
    assert bob.user_permissions == {"apis": "read", "keys": "write"}
    assert bob.check_password(PASSWORD)


def test_it_shows_an_empty_map_as_the_administrator_it_means(browser_of: BrowserOf, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(user_permissions={})
    page = browser_of(alice).get(f"{USERS}{bob.pk}/change/").content.decode()
    choice = page.partition('name="user_permissions_IsAdmin"')[2].partition("</select>")[0]
    assert re.search(r'value="admin"\s+selected', choice)


def test_it_keeps_permissions_that_newer_tools_know(browser_of: BrowserOf, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(user_permissions={"api_developer": "yes", "keys": "read"})
    for path in (f"{USERS}{bob.pk}/change/", f"/users/{bob.pk}/"):
        assert "kept and opening nothing: api_developer: yes" in browser_of(alice).get(path).content.decode()
    browser_of(alice).post(f"{USERS}{bob.pk}/change/", posted(bob))
    bob.refresh_from_db()
    assert bob.user_permissions == {"api_developer": "yes", "apis": "read"}


@pytest.fixture
def writer(organisation_a: Organisation) -> User:
    """A member of the staff of A who may write users and read APIs, and is no administrator."""
    return UserFactory(organisation=organisation_a, is_staff=True, user_permissions={"users": "write", "apis": "read"})


def test_a_writer_cannot_give_more_than_they_have(browser_of: BrowserOf, writer: User) -> None:
    page = browser_of(writer).post(f"{USERS}add/", posted(user_permissions_keys="read"))
    assert errors_of(page) == {"user_permissions": ["You cannot give permissions that you do not have."]}
    browser_of(writer).post(f"{USERS}add/", posted(is_staff="on"))
    assert User.objects.get(email="erin@example.com").is_staff is False


@pytest.mark.parametrize("page", ["change/", "delete/", "password/", "access-key/"])
def test_a_writer_cannot_change_an_administrator(browser_of: BrowserOf, writer: User, alice: User, page: str) -> None:
    before = User.objects.filter(pk=alice.pk).values().get()
    response = browser_of(writer).post(f"{USERS}{alice.pk}/{page}", posted(alice, post="yes", new_password1="x" * 9))
    assert response.status_code == 403
    assert User.objects.filter(pk=alice.pk).values().get() == before


def test_a_reader_of_users_changes_nothing(browser_of: BrowserOf, bob: User, alice: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = browser_of(User.objects.get(pk=bob.pk))
    assert client.get(f"{USERS}{alice.pk}/change/").status_code == 200
    assert client.post(f"{USERS}{alice.pk}/change/", posted(alice)).status_code == 403
    assert client.get(f"{USERS}add/").status_code == 403


def test_it_sets_a_password(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(services.allow_reset_passwords(user=alice, allowed=True))
    assert "Set password" in client.get(f"{USERS}{bob.pk}/password/").content.decode()
    client.post(f"{USERS}{bob.pk}/password/", {"new_password1": "new words", "new_password2": "new words"})
    bob.refresh_from_db()
    assert bob.check_password("new words")
    assert LogEntry.objects.get(user=alice).change_message == "Changed password."


def test_it_refuses_a_password_typed_in_two_ways(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(services.allow_reset_passwords(user=alice, allowed=True))
    page = client.post(f"{USERS}{bob.pk}/password/", {"new_password1": "one one", "new_password2": "two two"})
    assert page.status_code == 200
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_it_resets_an_access_key_and_shows_it_once(browser_of: BrowserOf, alice: User, bob: User) -> None:
    old = services.reset_access_key(user=bob)
    client = browser_of(alice)
    assert "secret" not in client.get(f"{USERS}{bob.pk}/access-key/").content.decode()
    assert User.objects.with_access_key(old) == bob
    page = client.post(f"{USERS}{bob.pk}/access-key/")
    assert User.objects.with_access_key(old) is None
    assert User.objects.with_access_key(key_on(page)) == bob
    assert "no-store" in page["Cache-Control"]


def test_setting_passwords_takes_trust(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client, page = browser_of(alice), f"{USERS}{bob.pk}/"
    assert client.get(f"{page}password/").status_code == 403
    assert "Set password" not in client.get(f"{page}change/").content.decode()
    services.allow_reset_passwords(user=alice, allowed=True)
    assert "Set password" in client.get(f"{page}change/").content.decode()


def test_nobody_resets_keys_where_that_is_forbidden(
    browser_of: BrowserOf, alice: User, bob: User, settings: Settings
) -> None:
    settings.FORBID_ADMIN_RESET_ACCESS_TOKEN = True
    client, page = browser_of(alice), f"{USERS}{bob.pk}/"
    assert client.post(f"{page}access-key/").status_code == 403
    assert "Reset access key" not in client.get(f"{page}change/").content.decode()


def test_it_revokes_all_or_none(browser_of: BrowserOf, alice: User, bob: User) -> None:
    founder = services.allow_reset_passwords(user=UserFactory(organisation=alice.organisation), allowed=True)
    client = browser_of(alice)
    both = {"action": "revoke", "_selected_action": [bob.pk, founder.pk]}
    assert "do not have permission" in client.post(USERS, both, follow=True).content.decode()
    assert User.objects.filter(is_active=True).count() == 3
    client.post(USERS, {**both, "_selected_action": [bob.pk]})
    assert not User.objects.get(pk=bob.pk).is_active


def test_only_super_admins_are_offered_to_make_administrators(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client, page = browser_of(alice), f"{USERS}{bob.pk}/change/"
    assert "user_permissions_IsAdmin" not in client.get(page).content.decode()
    client.post(page, posted(bob, user_permissions_IsAdmin="admin"))
    assert not User.objects.get(pk=bob.pk).is_admin
    services.allow_reset_passwords(user=alice, allowed=True)
    client.post(page, posted(bob, user_permissions_IsAdmin="admin"))
    assert User.objects.get(pk=bob.pk).is_admin


def test_reset_password_is_not_in_the_grid_and_stays(browser_of: BrowserOf, dora: User, alice: User) -> None:
    services.allow_reset_passwords(user=alice, allowed=True)
    client, page = browser_of(dora), f"{USERS}{alice.pk}/change/"
    assert "ResetPassword" not in client.get(page).content.decode()
    client.post(page, posted(alice, user_permissions_IsAdmin="admin", user_permissions_ResetPassword=""))
    assert User.objects.get(pk=alice.pk).may_reset_passwords


def test_the_grid_has_the_permissions_that_the_organisation_made_up(
    browser_of: BrowserOf, alice: User, bob: User
) -> None:
    organisation: Any = alice.organisation
    organisation.additional_permissions = {"pets": "Our pets"}
    organisation.save()
    User.objects.filter(pk=bob.pk).update(user_permissions={"pets": "stroke", "analytics": "write"})
    client, page = browser_of(alice), f"{USERS}{bob.pk}/change/"
    shown = client.get(page).content.decode()
    assert "Our pets" in shown
    assert re.search(r'value="stroke"\s+selected', shown), "a level that is not offered is not lost"
    kept = {"user_permissions_pets": "stroke", "user_permissions_analytics": "write"}
    client.post(page, posted(bob, **kept))
    assert User.objects.get(pk=bob.pk).user_permissions == {"pets": "stroke", "analytics": "write", "apis": "read"}


def test_it_offers_groups_of_the_same_organisation(
    browser_of: BrowserOf, alice: User, bob: User, dora: User, organisation_b: Organisation
) -> None:
    ours, theirs = (
        services.create_group(group=UserGroup(organisation=organisation, name=name))
        for organisation, name in ((alice.organisation, "Ours"), (organisation_b, "Theirs"))
    )
    for editor in (alice, dora):
        page = browser_of(editor).get(f"{USERS}{bob.pk}/change/").content.decode()
        assert ("Ours" in page, "Theirs" in page) == (True, False)
    client = browser_of(alice)
    assert "group" in errors_of(client.post(f"{USERS}{bob.pk}/change/", posted(bob, group=theirs.pk)))
    wrong = posted(organisation="a" * 24, group=theirs.pk)
    assert "group" in errors_of(browser_of(dora).post(f"{USERS}add/", wrong))
    client.post(f"{USERS}{bob.pk}/change/", posted(bob, group=ours.pk, must_change_password="on"))
    bob.refresh_from_db()
    assert (bob.group, bob.must_change_password) == (ours, True)


@pytest.mark.parametrize(
    ("query", "shown"),
    [("role=admin", {"alice"}), ("role=other", {"bob"}), ("log_in=never", {"bob"}), ("log_in=once", {"alice"})],
)
def test_it_filters_by_role_and_login(
    browser_of: BrowserOf, alice: User, bob: User, query: str, shown: set[str]
) -> None:
    client = browser_of(alice)
    User.objects.filter(pk=alice.pk).update(last_login=timezone.now())
    page = client.get(f"{USERS}?{query}").content.decode().partition("result_list")[2]
    assert {name for name in ("alice", "bob") if f"{name}@example.com" in page.partition("</table>")[0]} == shown


def test_a_refusal_is_told(browser_of: BrowserOf, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser_of(alice)

    def refuse(*_: Any, **__: Any) -> None:
        raise services.AccessDenied

    monkeypatch.setattr(UserAdmin, "resource", replace(USERS_RESOURCE, update=refuse, delete=refuse))
    monkeypatch.setattr(services, "revoke_user", refuse)
    told = [
        client.post(f"{USERS}{bob.pk}/change/", posted(bob), follow=True),
        client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"}, follow=True),
        client.post(USERS, {"action": "revoke", "_selected_action": [bob.pk]}, follow=True),
    ]
    for page in told:
        assert "You do not have permission to change this user" in page.content.decode()


def test_the_action_goes_to_the_page_of_one_user(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    action = {"action": "reset_access_key", "_selected_action": [bob.pk]}
    assert client.post(USERS, action)["Location"] == f"{USERS}{bob.pk}/access-key/"
    both = {**action, "_selected_action": [alice.pk, bob.pk]}
    assert "Choose one user" in client.post(USERS, both, follow=True).content.decode()


def test_nobody_deletes_themselves(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    assert client.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": [alice.pk, bob.pk], "post": "yes"})
    assert User.objects.count() == 2
    client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"})
    assert User.objects.get() == alice


def test_one_s_own_password_is_not_set_without_the_present_one(browser_of: BrowserOf, alice: User) -> None:
    client, words = browser_of(alice), {"new_password1": "new words", "new_password2": "new words"}
    assert client.post(f"{USERS}{alice.pk}/password/", words)["Location"] == "/password/"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
