"""``/api/sso`` gives nobody more than the account whose key asks for a nonce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def enabled(organisation_a: Organisation, settings: Settings) -> None:
    """Let people be looked up in organisation A, which has single sign-on on."""
    organisation_a.sso_enabled = True
    organisation_a.save()
    settings.SSO_ENABLE_USER_LOOKUP = True


@pytest.fixture
def viewers(organisation_a: Organisation) -> UserGroup:
    """A group that gives nothing until its test says what."""
    return UserGroup.objects.create(organisation=organisation_a, name="Viewers")


def ask(rest: Rest, asker: User, email: str = "zoe@example.com", **more: Any) -> Any:
    return rest(asker).post("/api/sso", {"ForSection": "dashboard", "EmailAddress": email, **more})


def arrive(rest: Rest, asker: User, email: str = "zoe@example.com", **more: Any) -> Client:
    answer = ask(rest, asker, email, **more)
    assert answer.status_code == 200, answer.json()
    browser = Client()
    browser.get("/tap", {"nonce": answer.json()["Meta"]})
    return browser


def is_in(browser: Client) -> bool:
    return not browser.get("/sso/waiting/").headers.get("Location", "").startswith("/login/")


def may(user: User, **permissions: str) -> User:
    user.user_permissions = permissions
    user.save()
    return user


def is_denied(answer: Any) -> bool:
    return answer.status_code == 403 and "sso: write" in answer.json()["Message"]


@pytest.mark.parametrize("theirs", [{"IsAdmin": "admin"}, {"keys": "read"}, {"apis": "read"}, {"IsAdmin": "deny"}])
def test_a_reader_signs_in_as_nobody_else(
    rest: Rest, organisation_a: Organisation, bob: User, theirs: dict[str, str]
) -> None:
    UserFactory(email="erin@example.com", organisation=organisation_a, user_permissions=theirs)
    may(bob, apis="read", users="read")
    assert is_denied(ask(rest, bob, "erin@example.com"))
    assert is_denied(ask(rest, bob, " ERIN@example.com"))


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"apis": "read"}, True),
        ({}, True),
        ({"apis": "write"}, False),
        ({"keys": "read"}, False),
        ({"custom": "any"}, False),
    ],
)
def test_a_reader_gives_strangers_no_group_with_more(
    rest: Rest, bob: User, viewers: UserGroup, given: dict[str, str], allowed: bool
) -> None:
    may(bob, apis="read")
    viewers.user_permissions = given
    viewers.save()
    answers = [ask(rest, bob, GroupID=viewers.pk), ask(rest, bob, GroupsIDs=["", viewers.pk])]
    assert [is_denied(answer) for answer in answers] == [not allowed] * 2


def test_a_reader_gives_no_defaults_with_more(rest: Rest, bob: User, settings: Settings) -> None:
    may(bob, apis="read")
    settings.SSO_PERMISSION_DEFAULTS = {"keys": "write"}
    assert is_denied(ask(rest, bob))
    settings.SSO_PERMISSION_DEFAULTS = {}
    settings.SSO_DEFAULT_ADMIN = True
    assert is_denied(ask(rest, bob))
    settings.SSO_DEFAULT_ADMIN = False
    assert ask(rest, bob).status_code == 200


def test_nobody_puts_themselves_into_a_group_with_more(rest: Rest, bob: User, viewers: UserGroup) -> None:
    may(bob, apis="read")
    assert ask(rest, bob, bob.email).status_code == 200
    viewers.user_permissions = {"users": "write"}
    viewers.save()
    assert is_denied(ask(rest, bob, bob.email, GroupID=viewers.pk))


def test_who_manages_an_account_brings_it_in(rest: Rest, organisation_a: Organisation, bob: User) -> None:
    UserFactory(email="erin@example.com", organisation=organisation_a, user_permissions={"apis": "read"})
    may(bob, apis="read", users="write")
    assert is_in(arrive(rest, bob, "erin@example.com"))


@pytest.mark.parametrize("permissions", [{"sso": "write"}, {"IsAdmin": "admin"}])
def test_who_may_vouch_for_anybody_does(
    rest: Rest, alice: User, bob: User, viewers: UserGroup, permissions: dict[str, str]
) -> None:
    viewers.user_permissions = {"users": "write"}
    viewers.save()
    may(bob, **permissions)
    assert is_in(arrive(rest, bob, alice.email))
    assert is_in(arrive(rest, bob, GroupID=viewers.pk))


def test_a_denial_binds_administrators_too(rest: Rest, alice: User, bob: User) -> None:
    may(bob, IsAdmin="admin", sso="deny")
    assert is_denied(ask(rest, bob, alice.email))


def test_what_a_group_owns_is_not_lent(
    rest: Rest, organisation_a: Organisation, bob: User, viewers: UserGroup, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    viewers.user_permissions = {"apis": "read"}
    viewers.save()
    may(bob, apis="read")
    assert ask(rest, bob, GroupID=viewers.pk).status_code == 200
    api = Api.objects.create(organisation=organisation_a, api_id="owned", name="Owned")
    set_owners(api=api, users=[], groups=[viewers])
    assert is_denied(ask(rest, bob, GroupID=viewers.pk))


def change_group(asker: User, group: UserGroup) -> None:
    UserGroup.objects.filter(pk=group.pk).update(user_permissions={"users": "write"})


def revoke(asker: User, group: UserGroup) -> None:
    User.objects.filter(pk=asker.pk).update(is_active=False)


def demote(asker: User, group: UserGroup) -> None:
    User.objects.filter(pk=asker.pk).update(user_permissions={"IsAdmin": "deny"})


@pytest.mark.parametrize("happens", [change_group, revoke, demote])
def test_what_would_be_too_much_later_ends_it(
    rest: Rest, bob: User, viewers: UserGroup, happens: Callable[[User, UserGroup], None]
) -> None:
    viewers.user_permissions = {"apis": "read"}
    viewers.save()
    may(bob, apis="read")
    browser = arrive(rest, bob, GroupID=viewers.pk)
    nonce = ask(rest, bob, GroupID=viewers.pk).json()["Meta"]
    assert is_in(browser)
    happens(bob, viewers)
    assert not is_in(browser)
    late = Client()
    assert late.get("/tap", {"nonce": nonce})["Location"].endswith("/impersonation/")
    assert not is_in(late)


def test_an_account_that_is_promoted_is_not_in_a_readers_hands(
    rest: Rest, organisation_a: Organisation, bob: User
) -> None:
    erin = UserFactory(email="erin@example.com", organisation=organisation_a, user_permissions={"apis": "read"})
    browser = arrive(rest, may(bob, apis="read", users="write"), "erin@example.com")
    may(erin, IsAdmin="admin")
    assert not is_in(browser)
