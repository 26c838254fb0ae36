"""User groups: what every resource keeps, and what is particular about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.viewsets import UserGroupViewSet
from tests.contracts import ResourceContract, error
from tests.factories import UserFactory, UserGroupFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
MALFORMED = "Request body malformed"
PERSONAL = "A user group can have neither IsAdmin nor ResetPassword"
DENIED = "access denied: You do not have permission to change this user group"
FORM = {"name": "Team", "active": "on", "password_max_days": "0", "user_permissions_apis": "read"}


def content(response: Any) -> str:
    page: str = response.content.decode()
    return page


class TestUserGroups(ResourceContract):
    """The contract, for user groups."""

    viewset, factory = UserGroupViewSet, UserGroupFactory
    body = {"name": "Team", "description": "A team", "active": True, "user_permissions": {"apis": "read"}}
    changes = {"name": "Crew", "active": False, "password_max_days": 7}
    form, form_changes = FORM, {"name": "Crew", "active": ""}
    pages, staff = "/groups/", "/staff/users/usergroup/"


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"name": ""}, 403, MALFORMED),
        ({"name": None}, 403, MALFORMED),
        ({"user_permissions": "all"}, 403, MALFORMED),
        ({"user_permissions": {}}, 403, "A user group needs at least one permission"),
        ({"user_permissions": {"IsAdmin": "admin"}}, 403, PERSONAL),
        ({"user_permissions": {"IsAdmin": "true", "apis": "read"}}, 403, PERSONAL),
        ({"user_permissions": {"ResetPassword": "admin"}}, 403, PERSONAL),
        ({"user_permissions": {"apis": "own"}}, 400, "Unknown levels of permissions: apis"),
    ],
)
def test_it_refuses_to_make(rest: Rest, alice: User, changes: dict[str, Any], status: int, message: str) -> None:
    answer = rest(alice).post("/api/usergroups", {**TestUserGroups.body, **changes})
    assert (answer.status_code, answer.json(), UserGroup.objects.count()) == (status, error(message), 0)


def test_members_have_what_it_gives_at_once_under_names_of_today(
    rest: Rest, alice: User, bob: User, readers: UserGroup
) -> None:
    User.objects.filter(pk=bob.pk).update(group=readers)
    assert rest(bob).get("/api/users").status_code == 403
    given = {"users": "read", "policy": "read", "IsAdmin": "false"}
    rest(alice).put(f"/api/usergroups/{readers.pk}", {"user_permissions": given})
    assert rest(bob).get("/api/users").status_code == 200
    readers.refresh_from_db()
    assert readers.user_permissions == {"users": "read", "policies": "read"}


def test_an_empty_map_is_refused_where_one_that_is_left_out_stays(rest: Rest, alice: User, readers: UserGroup) -> None:
    refused = rest(alice).put(f"/api/usergroups/{readers.pk}", {"name": "Nothing", "user_permissions": {}})
    assert refused.json() == error("A user group needs at least one permission")


@pytest.mark.parametrize("door", ["rest", "staff"])
def test_who_loses_a_group_has_what_it_gave_of_their_own_permissions_and_is_no_administrator(
    rest: Rest, browser_of: BrowserOf, alice: User, bob: User, readers: UserGroup, door: str
) -> None:
    empty = UserFactory(organisation=alice.organisation, user_permissions={}, group=readers)
    slept = {"apis": "write", "keys": "write", "analytics": "read"}
    User.objects.filter(pk=bob.pk).update(group=readers, user_permissions=slept)
    if door == "rest":
        rest(alice).delete(f"/api/usergroups/{readers.pk}")
    else:
        chosen = {"action": "delete_selected", "_selected_action": [readers.pk], "post": "yes"}
        browser_of(alice).post("/staff/users/usergroup/", chosen)
    bob.refresh_from_db()
    empty.refresh_from_db()
    assert (bob.group, bob.permissions, empty.is_admin) == (None, {"apis": "read"}, False)
    changed = AuditRecord.objects.get(action="Delete User Group").diff
    assert f"user/{bob.pk}" in changed
    assert f"user/{empty.pk}" in changed


def test_who_leaves_a_group_becomes_no_administrator(rest: Rest, founder: User, readers: UserGroup) -> None:
    empty = UserFactory(organisation=founder.organisation, user_permissions={}, group=readers)
    assert rest(founder).put(f"/api/users/{empty.pk}", {"group_id": ""}).status_code == 200
    empty.refresh_from_db()
    assert (empty.group, empty.is_admin) == (None, False)


def test_nobody_joins_a_group_of_others(rest: Rest, alice: User, organisation_b: Organisation) -> None:
    other = UserGroupFactory(organisation=organisation_b)
    refused = rest(alice).put(f"/api/users/{alice.pk}", {"group_id": other.pk})
    assert (refused.status_code, refused.json()) == (400, error("Group ID does not exist"))


def test_nobody_gives_a_group_or_gains_by_one_what_they_have_not_got(
    rest: Rest, writer: User, readers: UserGroup
) -> None:
    client, path = rest(writer), f"/api/usergroups/{readers.pk}"
    assert client.put(path, {"user_permissions": {"keys": "write"}}).status_code == 403
    assert client.post("/api/usergroups", {"name": "x", "user_permissions": {"keys": "read"}}).status_code == 403
    hidden = {**writer.user_permissions, "keys": "write"}
    User.objects.filter(pk=writer.pk).update(group=readers, user_permissions=hidden)
    readers.user_permissions = {"user_groups": "write", "apis": "read"}
    readers.save()
    for answer in (client.put(path, {"active": False}), client.delete(path)):
        assert (answer.status_code, answer.json()) == (403, error(DENIED))
    assert client.put(path, {"description": "harmless"}).status_code == 200


@pytest.mark.parametrize("is_owned", [True, False])
def test_nobody_lets_anybody_in_where_others_own_apis(
    rest: Rest, writer: User, readers: UserGroup, settings: Settings, is_owned: bool
) -> None:
    settings.ENABLE_OWNERSHIP = True
    api = Api.objects.create(organisation=writer.organisation, name="Payments")
    set_owners(api=api, groups=[readers] if is_owned else [])
    client, wanted = rest(writer), 403 if is_owned else 200
    body = {"first_name": "Erin", "last_name": "Doe", "email_address": "erin@example.com", "group_id": readers.pk}
    assert client.post("/api/users", {**body, "user_permissions": {"apis": "read"}}).status_code == wanted
    services.change_group(group=readers, changes={"active": False})
    assert client.put(f"/api/usergroups/{readers.pk}", {"active": True}).status_code == wanted
    assert client.put(f"/api/users/{writer.pk}", {"group_id": readers.pk}).status_code == wanted


def test_a_member_of_a_group_that_owns_apis_lets_others_in(
    rest: Rest, writer: User, readers: UserGroup, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    set_owners(api=Api.objects.create(organisation=writer.organisation, name="Payments"), groups=[readers])
    services.change_group(group=readers, changes={"user_permissions": writer.user_permissions})
    services.change_user(user=writer, changes={"group": readers})
    peer = UserFactory(organisation=writer.organisation, user_permissions={"apis": "read"})
    assert rest(writer).put(f"/api/users/{peer.pk}", {"group_id": readers.pk}).status_code == 200


def test_the_pages_show_members_and_what_a_group_gives(browser_of: BrowserOf, alice: User, bob: User) -> None:
    client = browser_of(alice)
    assert "There are no groups yet" in content(client.get("/groups/"))
    assert "Team is made." in content(client.post("/groups/new/", FORM, follow=True))
    group = UserGroup.objects.get()
    User.objects.filter(pk=bob.pk).update(group=group)
    page = content(client.get(f"/groups/{group.pk}/"))
    assert "Bob" in page
    assert "user_permissions_IsAdmin" not in page
    client.post(f"/groups/{group.pk}/", {**FORM, "name": "Crew", "user_permissions_keys": "write"})
    group.refresh_from_db()
    assert (group.name, group.user_permissions) == ("Crew", {"apis": "read", "keys": "write"})
    assert "APIs: read, Keys: write" in content(client.get("/groups/?q=cre"))
    assert "No group is called that" in content(client.get("/groups/?q=team"))
    assert "1 member stays, with" in content(client.get(f"/groups/{group.pk}/delete/"))


def test_who_may_not_see_users_is_told_how_many_are_in_a_group(
    browser_of: BrowserOf, organisation_a: Organisation, bob: User, readers: UserGroup
) -> None:
    User.objects.filter(pk=bob.pk).update(group=readers, first_name="")
    asking = UserFactory(organisation=organisation_a, user_permissions={"user_groups": "read"})
    page = content(browser_of(asking).get(f"/groups/{readers.pk}/"))
    assert ("bob" in page, "1 user<" in page) == (False, True)
    asking.user_permissions = {"user_groups": "read", "users": "read"}
    asking.save()
    assert "bob@example.com" in content(browser_of(asking).get(f"/groups/{readers.pk}/"))


def test_nobody_gives_or_takes_on_pages_and_staff_site_what_they_have_not_got(
    browser_of: BrowserOf, writer: User, readers: UserGroup
) -> None:
    User.objects.filter(pk=writer.pk).update(is_staff=True)
    client, more = browser_of(User.objects.get(pk=writer.pk)), {**FORM, "user_permissions_keys": "read"}
    for path, form, problem in (
        ("/groups/new/", more, "You cannot give permissions"),
        ("/staff/users/usergroup/add/", more, "You cannot give permissions"),
        ("/staff/users/usergroup/add/", {**FORM, "user_permissions_apis": ""}, "Choose at least one permission"),
    ):
        assert problem in content(client.post(path, form))
    UserFactory(organisation=writer.organisation, user_permissions={"keys": "write"}, group=readers)
    for end, form in (("", {**FORM, "active": ""}), ("delete/", {})):
        refused = client.post(f"/groups/{readers.pk}/{end}", form, follow=True)
        assert DENIED.removeprefix("access denied: ") in content(refused)
    assert UserGroup.objects.get().active
