"""Nobody takes the last administrator of an organisation away, by any door."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from apps.organisations.models import Organisation
from apps.sso.services.login import follow_groups
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.services.access_checks import LastAdministrator
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

SAYS = "Nobody could administer the organisation any more"
FORM = {"email": "alice@example.com", "first_name": "Alice", "password_max_days": "0", "user_permissions_apis": "read"}

REST: dict[str, tuple[str, str, Any]] = {
    "demotion": ("PUT", "/api/users/{pk}", {"user_permissions": {"apis": "read"}}),
    "denial": ("PUT", "/api/users/{pk}", {"user_permissions": {"IsAdmin": "admin", "users": "deny"}}),
    "deactivation": ("PUT", "/api/users/{pk}", {"active": False}),
    "revocation": ("PUT", "/api/users/{pk}/actions/revoke", None),
    "deletion": ("DELETE", "/api/users/{pk}", None),
}
SECRET: dict[str, tuple[str, str, Any]] = {
    "demotion": ("PUT", "/admin/users/{pk}", {"user_permissions": {"apis": "read"}}),
    "deactivation": ("PUT", "/admin/users/{pk}", {"active": False}),
    "removal": ("PUT", "/admin/users/{pk}", {"org_id": "b" * 24}),
    "promotion": ("PUT", "/admin/users/{pk}", {"org_id": ""}),
}


def ask(client: Any, call: tuple[str, str, Any], pk: str) -> Any:
    method, path, body = call
    sent = "" if body is None else json.dumps(body)
    return client.generic(method, path.format(pk=pk), sent, content_type="application/json")


def is_there(user: User) -> bool:
    return User.objects.administering("a" * 24).filter(pk=user.pk).exists()


@pytest.mark.parametrize("name", REST)
@pytest.mark.parametrize("by", ["alice", "dora"])
def test_not_by_rest(rest: Callable[[User], APIClient], alice: User, dora: User, bob: User, name: str, by: str) -> None:
    caller = rest({"alice": alice, "dora": dora}[by])
    refused = ask(caller, REST[name], alice.pk)
    assert (refused.status_code, SAYS in refused.json()["Message"]) == (400 if name == "deletion" else 403, True)
    assert is_there(alice)
    UserFactory(organisation=alice.organisation)
    assert ask(caller, REST[name], alice.pk).status_code == 200
    assert not is_there(alice)


@pytest.mark.parametrize("name", SECRET)
def test_not_with_the_admin_secret(admin: APIClient, alice: User, organisation_b: Organisation, name: str) -> None:
    refused = ask(admin, SECRET[name], alice.pk)
    assert (refused.status_code, SAYS in refused.json()["Message"]) == (403, True)
    assert is_there(alice)
    UserFactory(organisation=alice.organisation)
    assert ask(admin, SECRET[name], alice.pk).status_code == 200


@pytest.mark.parametrize("path", ["/users/{}/", "/staff/users/user/{}/change/"])
def test_not_by_a_form(browser_of: Callable[[User], Client], alice: User, dora: User, path: str) -> None:
    for form in (FORM, {**FORM, "is_active": "on"}):
        page = browser_of(dora).post(
            path.format(alice.pk), {**form, "organisation": alice.organisation_id}, follow=True
        )
        assert SAYS in page.content.decode()
        assert is_there(alice)


def test_not_by_other_ways_of_the_pages(browser_of: Callable[[User], Client], alice: User, dora: User) -> None:
    chosen = {"_selected_action": [alice.pk], "post": "yes"}
    browser = browser_of(dora)
    for url, form in (
        (f"/users/{alice.pk}/delete/", {}),
        (f"/staff/users/user/{alice.pk}/delete/", {"post": "yes"}),
        ("/staff/users/user/", {**chosen, "action": "delete_selected"}),
        ("/staff/users/user/", {**chosen, "action": "revoke"}),
    ):
        browser.post(url, form, follow=True)
        assert is_there(alice), url


def test_a_group_that_is_joined_counts_as_demotion(alice: User) -> None:
    founder = UserFactory(organisation=alice.organisation, user_permissions={})
    group = services.create_group(group=UserGroup(organisation=alice.organisation, name="Team"))
    services.revoke_user(user=alice)
    with pytest.raises(LastAdministrator):
        services.change_user(user=founder, changes={"group": group})
    follow_groups(account=founder, groups=(group.pk,))
    assert is_there(founder)


@pytest.mark.parametrize(
    ("others", "allowed"),
    [
        ({"user_permissions": {}}, True),
        ({"user_permissions": {"IsAdmin": "true"}}, True),
        ({"is_active": False}, False),
        ({"user_permissions": {"IsAdmin": "admin", "users": "deny"}}, False),
        ({"user_permissions": {"users": "write"}}, False),
    ],
)
def test_who_counts_as_one_who_is_left(alice: User, others: Mapping[str, Any], allowed: bool) -> None:
    other = UserFactory(organisation=alice.organisation, **others)
    assert other.administers_organisation is allowed
    try:
        services.delete_user(user=alice)
    except LastAdministrator:
        assert not allowed
    else:
        assert allowed


def test_super_users_and_organisations_without_any_are_free(dora: User, bob: User) -> None:
    services.revoke_user(user=bob)
    services.delete_user(user=dora)
    assert set(User.objects.all()) == {bob}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [services.revoke_user, services.delete_user])
def test_of_two_at_once_one_stays(way: Callable[..., Any]) -> None:
    organisation = OrganisationFactory()
    both = UserFactory.create_batch(2, organisation=organisation)
    ready = Barrier(2, timeout=30)

    def take_away(user: User) -> bool:
        try:
            ready.wait()
            way(user=user)
        except LastAdministrator:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take_away, both)) == [False, True]
    assert User.objects.administering(organisation.pk).count() == 1
