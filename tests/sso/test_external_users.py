"""External users: what people without account may do, and where they meet the rest of Weir."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.core.tenancy import scope_of
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.permissions import IS_ADMIN
from tests.sso.conftest import user_of

pytestmark = pytest.mark.django_db

Arrive = Callable[..., Client]


def test_nobody_is_administrator_for_want_of_a_group(arrive: Arrive) -> None:
    person = user_of(arrive())
    assert not person.is_admin
    assert not any(person.allows(name) for name in (None, "analytics", "users", IS_ADMIN))


def test_the_old_behaviour_can_be_had(arrive: Arrive, settings: Settings) -> None:
    settings.SSO_DEFAULT_ADMIN = True
    assert user_of(arrive()).is_admin


@pytest.mark.parametrize(
    "sent", [{"GroupID": "f" * 24}, {"GroupsIDs": ["f" * 24]}, {"GroupsIDs": ["", "x"]}, {"GroupID": "x" * 999}]
)
def test_a_group_that_is_not_there_makes_no_administrator(
    arrive: Arrive, settings: Settings, sent: dict[str, Any]
) -> None:
    settings.SSO_DEFAULT_ADMIN = True
    assert not user_of(arrive(**sent)).is_admin


def test_a_default_group_that_is_not_there_makes_no_administrator(arrive: Arrive, settings: Settings) -> None:
    settings.SSO_DEFAULT_ADMIN, settings.SSO_DEFAULT_GROUP_ID = True, "f" * 24
    assert user_of(arrive()).permissions == {IS_ADMIN: "deny"}


def test_groups_and_defaults_are_put_together_and_the_higher_level_wins(
    arrive: Arrive, settings: Settings, viewers: UserGroup, editors: UserGroup
) -> None:
    settings.SSO_PERMISSION_DEFAULTS = {"apis": "read", "keys": "read"}
    person = user_of(arrive(GroupsIDs=[viewers.pk, editors.pk]))
    assert person.permissions == {"apis": "write", "keys": "read", "analytics": "read"}


def test_groups_go_before_the_one_group_and_that_before_the_default(
    arrive: Arrive, settings: Settings, viewers: UserGroup, editors: UserGroup
) -> None:
    settings.SSO_DEFAULT_GROUP_ID = viewers.pk
    assert "apis" not in user_of(arrive()).permissions
    assert "apis" in user_of(arrive(GroupID=editors.pk)).permissions
    assert "apis" not in user_of(arrive(GroupID=editors.pk, GroupsIDs=[viewers.pk])).permissions
    assert "apis" in user_of(arrive(GroupID=editors.pk, GroupsIDs=["", None])).permissions


def test_groups_of_another_organisation_give_nothing(arrive: Arrive, organisation_b: Organisation) -> None:
    theirs = UserGroup.objects.create(organisation=organisation_b, name="B", user_permissions={"apis": "write"})
    assert user_of(arrive(GroupID=theirs.pk)).permissions == {IS_ADMIN: "deny"}


def test_no_group_makes_an_administrator(arrive: Arrive, viewers: UserGroup, settings: Settings) -> None:
    settings.SSO_PERMISSION_DEFAULTS = {IS_ADMIN: "admin"}
    for given in ({IS_ADMIN: "admin"}, {"ResetPassword": "admin"}, {}):
        UserGroup.objects.filter(pk=viewers.pk).update(user_permissions=given)
        assert user_of(arrive(GroupID=viewers.pk)).permissions == {IS_ADMIN: "deny"}


def test_what_happens_to_a_group_takes_effect_at_once(arrive: Arrive, viewers: UserGroup) -> None:
    browser = arrive(GroupID=viewers.pk)
    assert browser.get("/").status_code == 200
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={"keys": "read"})
    assert browser.get("/").status_code == 403
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={"analytics": "read"}, active=False)
    assert browser.get("/").status_code == 403
    UserGroup.objects.filter(pk=viewers.pk).update(active=True)
    assert browser.get("/").status_code == 200
    viewers.delete()
    assert browser.get("/").status_code == 403


def test_an_organisation_that_goes_takes_its_external_users_along(
    arrive: Arrive, viewers: UserGroup, organisation_a: Organisation
) -> None:
    browser = arrive(GroupID=viewers.pk)
    organisation_a.delete()
    assert browser.get("/")["Location"].startswith("/login/")
    assert not user_of(browser).is_authenticated


def test_an_external_user_sees_their_organisation_only(arrive: Arrive, viewers: UserGroup) -> None:
    assert scope_of(user_of(arrive(GroupID=viewers.pk))).organisation == "a" * 24


def test_an_external_user_sees_apis_of_their_groups_and_those_without_owner(
    arrive: Arrive, settings: Settings, viewers: UserGroup, editors: UserGroup, organisation_a: Organisation
) -> None:
    settings.ENABLE_OWNERSHIP = True
    for name in ("free", "viewed", "edited"):
        Api.objects.create(organisation=organisation_a, api_id=name, name=name)
    set_owners(api=Api.objects.get(api_id="viewed"), users=[], groups=[viewers])
    set_owners(api=Api.objects.get(api_id="edited"), users=[], groups=[editors])
    assert scope_of(user_of(arrive(GroupID=viewers.pk))).apis == {"free", "viewed"}
    assert scope_of(user_of(arrive())).apis == {"free"}


def test_an_external_user_logs_out(arrive: Arrive, viewers: UserGroup) -> None:
    browser = arrive(GroupID=viewers.pk)
    assert browser.post("/logout/").status_code == 302
    assert browser.get("/").status_code == 302


def test_the_staff_site_is_closed_to_external_users_who_administer(arrive: Arrive, settings: Settings) -> None:
    settings.SSO_DEFAULT_ADMIN = True
    browser = arrive()
    assert browser.get("/staff/", follow=True).status_code == 403
    assert browser.get("/staff/users/user/", follow=True).status_code == 403


def test_an_external_user_uses_rest_with_the_session(arrive: Arrive, viewers: UserGroup) -> None:
    browser = arrive(GroupID=viewers.pk)
    assert browser.get("/api/usage/1/1/2026/2/1/2026").status_code == 200
    assert browser.get("/api/logs").status_code == 403


def test_an_external_user_is_shown_by_name(arrive: Arrive, viewers: UserGroup) -> None:
    person = user_of(arrive(DisplayName="Zoe Zander", GroupID=viewers.pk))
    assert (person.get_full_name(), str(person)) == ("Zoe Zander", "zoe@example.com")
    assert user_of(arrive("")).email == "ssoSession@ssoSession.com"


def test_an_external_user_is_never_stored(arrive: Arrive) -> None:
    person = user_of(arrive())
    with pytest.raises(TypeError, match="not stored"):
        person.save()
    assert len({person, person}) == 1


def test_pages_without_external_user_ask_nothing_more(
    browser_of: Callable[[User], Client], bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        Client().get("/hello")
    browser = browser_of(bob)
    with django_assert_num_queries(2):  # the session and its account
        browser.get("/sso/waiting/")


def test_who_may_do_nothing_is_told_whom_to_ask(arrive: Arrive, alice: User, bob: User, charlie: User) -> None:
    browser = arrive()
    page = browser.get("/sso/waiting/").content.decode()
    assert alice.email in page
    assert bob.email not in page
    assert charlie.email not in page
    assert "zoe@example.com" in page
    assert "Check again" in page


def test_who_waits_goes_on_as_soon_as_something_is_permitted(arrive: Arrive, viewers: UserGroup) -> None:
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={})
    browser = arrive(GroupID=viewers.pk)
    assert browser.get("/sso/waiting/").status_code == 200
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={"analytics": "read"})
    assert browser.get("/sso/waiting/")["Location"] == "/home/"


def test_only_who_is_in_waits() -> None:
    assert Client().get("/sso/waiting/")["Location"] == "/login/?next=/sso/waiting/"


def test_there_are_no_other_reasons() -> None:
    assert Client().get("/sso/failed/whatever/").status_code == 404


@pytest.mark.parametrize("elsewhere", ["https://sso.example.com/auth/a/b"])
def test_the_login_page_may_be_elsewhere(settings: Settings, elsewhere: str) -> None:
    settings.SSO_CUSTOM_LOGIN_URL = elsewhere
    assert Client().get("/login/")["Location"] == elsewhere
    page = Client().get("/login/?local=true")
    assert page.status_code == 200
    assert elsewhere in page.content.decode()


@pytest.mark.parametrize("defaults", [{"IsAdmin": "admin"}, {"ResetPassword": "admin"}])
def test_defaults_that_cannot_be_are_told_at_start(settings: Settings, defaults: dict[str, str]) -> None:
    settings.SSO_PERMISSION_DEFAULTS = {"analytics": "read", **defaults}
    with pytest.raises(SystemCheckError, match="SSO_PERMISSION_DEFAULTS"):
        call_command("check")
