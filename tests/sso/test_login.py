"""Who somebody is who arrives with a nonce, and what they may do: the table of the documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.sso.external_users import ExternalUser
from apps.users.models import User, UserGroup
from tests.factories import UserFactory
from tests.sso.conftest import Broker, user_of

pytestmark = pytest.mark.django_db

Arrive = Callable[..., Client]


@pytest.fixture
def look_up(settings: Settings) -> None:
    """Accounts are looked for."""
    settings.SSO_ENABLE_USER_LOOKUP = True


def refusal(nonce: str) -> str:
    """Where a nonce leads that opens no session."""
    browser = Client()
    location: str = browser.get("/tap", {"nonce": nonce})["Location"]
    assert Session.objects.count() == 0
    return location


def test_without_look_up_everybody_is_an_external_user(arrive: Arrive, alice: User) -> None:
    person = user_of(arrive(alice.email))
    assert isinstance(person, ExternalUser)
    assert person.pk is None
    assert not person.is_staff
    alice.refresh_from_db()
    assert alice.last_login is None
    assert User.objects.count() == 1


def test_without_look_up_only_registered_keeps_nobody_out(arrive: Arrive) -> None:
    assert user_of(arrive(SSOOnlyForRegisteredUsers=True)).email == "zoe@example.com"


@pytest.mark.usefixtures("look_up")
@pytest.mark.parametrize("only_registered", [True, False])
def test_an_account_is_found_by_its_address(arrive: Arrive, bob: User, only_registered: bool) -> None:
    person = user_of(arrive("BOB@example.com", SSOOnlyForRegisteredUsers=only_registered))
    assert person == bob
    assert person.permissions == bob.permissions
    bob.refresh_from_db()
    assert bob.last_login


@pytest.mark.usefixtures("look_up")
def test_an_administrator_keeps_the_permissions(arrive: Arrive, alice: User, viewers: UserGroup) -> None:
    assert user_of(arrive(alice.email, GroupID=viewers.pk)).is_admin
    alice.refresh_from_db()
    assert alice.group is None


@pytest.mark.usefixtures("look_up")
@pytest.mark.parametrize("admitted", [False, True])
def test_no_key_of_an_account_opens_a_super_admin_s(
    rest: Callable[[User], APIClient], settings: Settings, alice: User, super_admin: User, admitted: bool
) -> None:
    settings.SSO_ADMIT_SUPER_ADMINS = admitted
    Organisation.objects.update(sso_enabled=True)
    body = {"ForSection": "dashboard", "OrgID": "a" * 24, "EmailAddress": super_admin.email, "by_operator": True}
    nonce = rest(alice).post("/api/sso", body).json()["Meta"]
    browser = Client()
    answer = browser.get("/tap", {"nonce": nonce}, follow=True)
    assert user_of(browser).is_authenticated == admitted
    assert admitted or ("with their password" in answer.content.decode() and answer.status_code == 403)


@pytest.mark.usefixtures("look_up")
def test_the_admin_secret_opens_a_super_admin_s_account(arrive: Arrive, super_admin: User) -> None:
    assert user_of(arrive(super_admin.email)).is_super_admin


@pytest.mark.usefixtures("look_up")
def test_another_account_follows_the_group_that_came_along(arrive: Arrive, bob: User, editors: UserGroup) -> None:
    arrive(bob.email, GroupsIDs=["f" * 24, editors.pk])
    bob.refresh_from_db()
    assert bob.group == editors


@pytest.mark.usefixtures("look_up")
def test_an_account_whose_address_another_one_has_follows_its_group_too(
    arrive: Arrive, bob: User, editors: UserGroup, organisation_b: Organisation
) -> None:
    UserFactory(email=bob.email, organisation=organisation_b)  # of when ENABLE_MULTI_ORG_USERS was on
    assert user_of(arrive(bob.email, GroupID=editors.pk)) == bob
    bob.refresh_from_db()
    assert bob.group == editors


@pytest.mark.usefixtures("look_up")
def test_an_account_stays_in_its_group_while_that_comes_along(
    arrive: Arrive, bob: User, editors: UserGroup, viewers: UserGroup
) -> None:
    User.objects.filter(pk=bob.pk).update(group=viewers)
    arrive(bob.email, GroupsIDs=[editors.pk, viewers.pk])
    bob.refresh_from_db()
    assert bob.group == viewers


@pytest.mark.usefixtures("look_up")
def test_no_account_follows_a_group_of_another_organisation(
    arrive: Arrive, bob: User, organisation_b: Organisation
) -> None:
    theirs = UserGroup.objects.create(organisation=organisation_b, name="B", user_permissions={"apis": "write"})
    arrive(bob.email, GroupID=theirs.pk)
    bob.refresh_from_db()
    assert bob.group is None


@pytest.mark.usefixtures("look_up")
def test_no_account_follows_a_group_that_is_not_active(
    arrive: Arrive, bob: User, viewers: UserGroup, editors: UserGroup
) -> None:
    UserGroup.objects.filter(pk=editors.pk).update(active=False)
    User.objects.filter(pk=bob.pk).update(group=viewers)
    arrive(bob.email, GroupID=editors.pk)
    bob.refresh_from_db()
    assert bob.group == viewers


@pytest.mark.usefixtures("look_up")
def test_accounts_of_other_organisations_and_super_users_are_not_found(
    arrive: Arrive, charlie: User, dora: User
) -> None:
    for somebody in (charlie, dora):
        person = user_of(arrive(somebody.email))
        assert person.pk is None
        assert person.organisation_id == "a" * 24


@pytest.mark.usefixtures("look_up")
def test_an_account_that_is_not_active_stays_out(nonce_for: Broker, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert refusal(nonce_for(bob.email)) == "/sso/failed/inactive/"


@pytest.mark.usefixtures("look_up")
def test_without_account_one_is_an_external_user(arrive: Arrive) -> None:
    assert user_of(arrive()).pk is None


@pytest.mark.usefixtures("look_up")
@pytest.mark.parametrize("email", ["zoe@example.com", ""])
def test_without_account_one_stays_out_where_only_the_registered_come_in(nonce_for: Broker, email: str) -> None:
    nonce = nonce_for(email, SSOOnlyForRegisteredUsers=True)
    assert refusal(nonce) == "/sso/failed/unregistered/"
    assert "no account here" in Client().get("/sso/failed/unregistered/").content.decode()


@pytest.mark.parametrize("found", [True, False])
def test_whom_the_broker_refuses_stays_out(nonce_for: Broker, settings: Settings, bob: User, found: bool) -> None:
    settings.SSO_ENABLE_USER_LOOKUP = True
    nonce = nonce_for(bob.email if found else "zoe@example.com", UserNotAllowed=True)
    assert refusal(nonce) == "/sso/failed/refused/"


def test_nobody_comes_into_an_organisation_that_is_gone(nonce_for: Broker, organisation_a: Organisation) -> None:
    nonce = nonce_for()
    organisation_a.delete()
    assert refusal(nonce) == "/sso/failed/link/"


def test_who_comes_in_leaves_the_session_that_was_there(
    nonce_for: Broker, browser_of: Callable[[User], Client], alice: User
) -> None:
    browser = browser_of(alice)
    before = browser.cookies["authorisation"].value
    browser.get("/tap", {"nonce": nonce_for()})
    assert user_of(browser).email == "zoe@example.com"
    assert browser.cookies["authorisation"].value != before
    assert Session.objects.count() == 1


@pytest.mark.usefixtures("look_up")
def test_an_external_user_who_comes_back_with_an_account_has_one(arrive: Arrive, nonce_for: Broker, bob: User) -> None:
    browser = arrive()
    browser.get("/tap", {"nonce": nonce_for(bob.email)})
    assert user_of(browser) == bob
    browser.post("/logout/")
    assert not user_of(browser).is_authenticated


def test_the_audit_log_tells_who_came_and_who_did_not(nonce_for: Broker, look_up: None, bob: User) -> None:
    Client().get("/tap", {"nonce": nonce_for(bob.email)})
    Client().get("/tap", {"nonce": nonce_for("zoe@example.com")})
    Client().get("/tap", {"nonce": nonce_for("eve@example.com", SSOOnlyForRegisteredUsers=True)})
    told: list[Any] = list(AuditRecord.objects.filter(url__startswith="/tap").values_list("user", "kind", "subject"))
    assert sorted(told) == [
        ("", "single sign-on", "eve@example.com"),
        ("bob@example.com", "user", bob.pk),
        ("external user zoe@example.com", "visitor", "zoe@example.com"),
    ]
    assert set(AuditRecord.objects.filter(url__startswith="/tap").values_list("ip", flat=True)) == {"127.0.0.1"}
