"""The profile page, and the page that says who can give a permission."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.templatetags.permissions import permission_label, permission_levels
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


def page_of(client: Client, path: str = "/profile/") -> str:
    return client.get(path).content.decode()


def test_it_shows_who_somebody_is_and_what_they_may_do(browser_of: BrowserOf, bob: User, alice: User) -> None:
    page = page_of(browser_of(bob))
    assert all(words in page for words in (bob.email, "Alpha", bob.organisation_id or "", "Analytics", "alice@example"))
    assert "administrator" not in page.partition("What you may do")[2].partition("For more")[0]


def test_it_tells_administrators_so(browser_of: BrowserOf, alice: User, dora: User) -> None:
    assert "Everything in Alpha" in page_of(browser_of(alice))
    assert "Everything: you are an administrator" in page_of(browser_of(dora))


def test_permissions_are_in_words_and_in_order(bob: User) -> None:
    bob.user_permissions = {
        "own_thing": "read",
        "keys": "write",
        "analytics": "read",
        "apis": "deny",
        "ResetPassword": "admin",
    }
    assert permission_levels(bob) == [
        ("Analytics", "read"),
        ("APIs", "denied"),
        ("Keys", "read and write"),
        ("Reset passwords of others", "yes"),
        ("own_thing (unknown)", "read"),
    ]
    assert permission_label("log") == "Logs"


def test_a_group_s_permissions_are_shown_where_they_count(browser_of: BrowserOf, bob: User) -> None:
    bob.group = UserGroup.objects.create(
        organisation=bob.organisation, name="Readers", user_permissions={"hooks": "read"}
    )
    bob.save()
    page = page_of(browser_of(bob)).partition("What you may do")[2]
    assert ("Webhooks" in page, "Analytics" in page) == (True, False)


def test_people_change_name_and_zone_without_any_permission(browser_of: BrowserOf, bob: User) -> None:
    bob.user_permissions = {"analytics": "read"}
    bob.save()
    client = browser_of(bob)
    form = {"first_name": "Bobby", "last_name": "Tables", "time_zone": "Asia/Kathmandu"}
    assert client.post("/profile/", form)["Location"] == "/profile/"
    bob.refresh_from_db()
    assert (bob.get_full_name(), bob.time_zone) == ("Bobby Tables", "Asia/Kathmandu")
    record = AuditRecord.objects.get()
    assert (record.action, record.user) == ("Update Profile", bob.email)
    assert record.changes[f"user/{bob.pk}"]["time_zone"] == ["", "Asia/Kathmandu"]


def test_people_change_nothing_else(browser_of: BrowserOf, bob: User) -> None:
    before = {name: value for name, value in User.objects.values().get(pk=bob.pk).items() if name != "last_login"}
    form: dict[str, Any] = {"first_name": "Bob", "last_name": "", "time_zone": ""}
    more = {"email": "x@example.com", "is_staff": "on", "user_permissions": "{}", "organisation": "b" * 24, "group": ""}
    browser_of(bob).post("/profile/", {**form, **more})
    after = {name: value for name, value in User.objects.values().get(pk=bob.pk).items() if name != "last_login"}
    assert before == after


def test_a_zone_that_does_not_exist_is_refused(browser_of: BrowserOf, bob: User) -> None:
    answer = browser_of(bob).post("/profile/", {"first_name": "", "last_name": "", "time_zone": "Mars/Olympus"})
    assert (answer.status_code, "Mars/Olympus is not one" in answer.content.decode()) == (200, True)


def test_the_access_key_is_shown_once(browser_of: BrowserOf, bob: User, rest: Callable[[User], APIClient]) -> None:
    old, client = rest(bob), browser_of(bob)
    assert "stops working at once" in page_of(client, "/profile/access-key/")
    assert old.get("/api/users/me").status_code != 401  # asking changes nothing
    answer = client.post("/profile/access-key/")
    key = re.findall(r"\b[0-9a-f]{32}\b", answer.content.decode())[0]
    assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(" ", "").split(","))
    assert User.objects.with_access_key(key) == bob
    assert old.get("/api/users/me").status_code == 401
    assert key not in page_of(client) + page_of(client, "/profile/access-key/")
    assert not [record for record in AuditRecord.objects.all() if key in f"{record.__dict__}"]


@pytest.mark.usefixtures("keys_at_hand")
@pytest.mark.parametrize("door", ["/users/{}/access-key/", "/staff/users/user/{}/access-key/"])
def test_a_key_that_administrators_may_not_see_is_shown_to_its_user_once(
    browser_of: BrowserOf, alice: User, bob: User, settings: Settings, door: str
) -> None:
    settings.FORBID_ADMIN_VIEW_ACCESS_TOKEN = True
    client, told = browser_of(bob), re.compile(r"\b[0-9a-f]{32}\b")
    assert "Show it once" not in page_of(client)
    made = browser_of(alice).post(door.format(bob.pk)).content.decode()
    assert "their profile page shows it" in made
    assert not told.search(made)
    assert "Show it once" in page_of(client)
    (key,) = told.findall(client.post("/profile/access-key/", {"kept": ""}).content.decode())
    assert User.objects.with_access_key(key) == bob
    assert "Show it once" not in page_of(client)
    again = client.post("/profile/access-key/", {"kept": ""}).content.decode()
    assert "Reset your access key?" in again, "and nothing is reset"
    assert User.objects.with_access_key(key) == bob


@pytest.mark.usefixtures("keys_at_hand")
def test_nor_do_they_see_that_of_an_account_they_make(browser_of: BrowserOf, alice: User, settings: Settings) -> None:
    settings.FORBID_ADMIN_VIEW_ACCESS_TOKEN = True
    form = {"email": "erin@example.com", "password_max_days": "0", "is_active": "on", "user_permissions_apis": "read"}
    made = browser_of(alice).post("/users/new/", form).content.decode()
    assert "erin@example.com is made" in made
    assert not re.search(r"\b[0-9a-f]{32}\b", made)
    erin = User.objects.get(email="erin@example.com")
    assert services.show_once_take(user=erin, actor=erin)


def test_it_tells_when_the_key_was_used(
    browser_of: BrowserOf, bob: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client = browser_of(bob)
    assert "Make an access key" in page_of(client)
    key = services.reset_access_key(user=bob)
    assert "Last used</dt><dd>never" in page_of(client)
    with django_capture_on_commit_callbacks(execute=True):
        User.objects.with_access_key(key)
    assert "Last used</dt><dd>never" not in page_of(client)


def test_nobody_sees_it_without_logging_in() -> None:
    for path in ("/profile/", "/profile/access-key/", "/profile/organisation/", "/two-factor/", "/password/"):
        assert Client().get(path)["Location"] == f"/login/?next={path}"


def test_a_person_without_account_sees_who_they_are(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    external = UserFactory.build(
        email="vi@example.com", organisation=bob.organisation, user_permissions={"keys": "read"}
    )
    external.pk = external.id = None
    monkeypatch.setattr("apps.users.middleware._effective_user", lambda *_: external)
    client = Client()
    page = page_of(client)
    assert all(words in page for words in ("vi@example.com", "Alpha", "Keys", "have no account here"))
    assert "Access key</h2>" not in page
    for path in ("/password/", "/two-factor/", "/two-factor/off/", "/profile/access-key/", "/profile/organisation/"):
        assert client.get(path)["Location"] == "/profile/", path
    for path in ("/profile/", "/password/", "/two-factor/", "/profile/access-key/", "/profile/sessions/"):
        assert client.post(path)["Location"] == "/profile/", path


# Access denied ------------------------------------------------------------------------------------


def test_it_names_what_is_missing_and_whom_to_ask(
    browser_of: BrowserOf, bob: User, alice: User, charlie: User, dora: User
) -> None:
    bob.user_permissions = {"keys": "read"}
    bob.save()
    answer = browser_of(bob).get("/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You need Analytics: read" in page
    assert ("alice@example.com" in page, "Alice" in page) == (True, True)
    assert ("charlie@" in page, "dora@" in page) == (False, False)


def test_nobody_to_ask_is_said_too(browser_of: BrowserOf, bob: User, settings: Settings) -> None:
    bob.user_permissions = {"keys": "read"}
    bob.save()
    assert "An administrator of Alpha can change what you may do" in browser_of(bob).get("/").content.decode()


def test_the_staff_site_says_whom_to_ask(browser_of: BrowserOf, bob: User, alice: User) -> None:
    page = browser_of(bob).get("/staff/", follow=True).content.decode()
    assert ("The staff site is for staff" in page, "alice@example.com" in page) == (True, True)


def test_inactive_administrators_cannot_be_asked(bob: User, alice: User) -> None:
    assert list(bob.admins_to_ask) == [alice]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert list(bob.admins_to_ask) == []
