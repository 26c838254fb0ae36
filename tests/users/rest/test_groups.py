"""User groups over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.viewsets.groups import UserGroupViewSet
from tests.contracts import ResourceContract
from tests.factories import UserFactory, UserGroupFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
PERSONAL = "A user group can have neither IsAdmin nor ResetPassword"


def ok(message: str, meta: Any = None) -> dict[str, Any]:
    return {"Status": "OK", "Message": message, "Meta": meta}


def error(message: str) -> dict[str, Any]:
    return {"Status": "Error", "Message": message, "Meta": None}


def said(response: Any) -> tuple[int, Any]:
    return response.status_code, response.json()


class TestUserGroups(ResourceContract):
    """The contract, for user groups."""

    viewset = UserGroupViewSet
    factory = UserGroupFactory
    body = {"name": "Team", "description": "A team", "active": True, "user_permissions": {"apis": "read"}}
    changes = {"name": "Crew", "active": False, "password_max_days": 7}
    form = {
        "name": "Team",
        "description": "",
        "active": "on",
        "password_max_days": "0",
        "user_permissions_apis": "read",
    }
    form_changes = {"name": "Crew", "active": ""}
    pages, staff = "/groups/", "/staff/users/usergroup/"


def test_permissions_are_stored_by_their_names_of_today(rest: Rest, alice: User) -> None:
    rest(alice).post("/api/usergroups/", {"name": "Team", "user_permissions": {"policy": "read"}})
    assert UserGroup.objects.get().user_permissions == {"policies": "read"}


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"name": ""}, 403, "Request body malformed"),
        ({"name": None}, 403, "Request body malformed"),
        ({"user_permissions": "all"}, 403, "Request body malformed"),
        ({"user_permissions": {}}, 403, "A user group needs at least one permission"),
        ({"user_permissions": {"IsAdmin": "admin"}}, 403, PERSONAL),
        ({"user_permissions": {"IsAdmin": "true", "apis": "read"}}, 403, PERSONAL),
        ({"user_permissions": {"ResetPassword": "admin"}}, 403, PERSONAL),
        ({"user_permissions": {"pets": "read"}}, 400, "Unknown permissions: pets"),
        ({"user_permissions": {"apis": "own"}}, 400, "Unknown levels of permissions: apis"),
    ],
)
def test_it_refuses_to_make(rest: Rest, alice: User, changes: dict[str, Any], status: int, message: str) -> None:
    body = {"name": "Team", "user_permissions": {"apis": "read"}, **changes}
    assert said(rest(alice).post("/api/usergroups", body)) == (status, error(message))
    assert not UserGroup.objects.exists()


def test_it_changes_a_group_and_its_members_at_once(rest: Rest, alice: User, bob: User, readers: UserGroup) -> None:
    User.objects.filter(pk=bob.pk).update(group=readers)
    client, member = rest(alice), rest(bob)
    assert member.get("/api/users").status_code == 403
    body = {"name": "Writers", "user_permissions": {"users": "read", "IsAdmin": "false"}, "active": True}
    assert said(client.put(f"/api/usergroups/{readers.pk}", body)) == (200, ok("User group updated"))
    assert member.get("/api/users").status_code == 200
    readers.refresh_from_db()
    assert (readers.name, readers.user_permissions) == ("Writers", {"users": "read"})


def test_a_map_that_is_left_out_stays_and_an_empty_one_is_refused(rest: Rest, alice: User, readers: UserGroup) -> None:
    client, path = rest(alice), f"/api/usergroups/{readers.pk}"
    assert client.put(path, {"name": "Others", "description": "Old clients send these two"}).status_code == 200
    refused = client.put(path, {"name": "Nothing", "user_permissions": {}})
    assert said(refused) == (403, error("A user group needs at least one permission"))
    readers.refresh_from_db()
    assert (readers.name, readers.user_permissions) == ("Others", {"apis": "read"})


def test_it_deletes_a_group_and_keeps_its_members(rest: Rest, alice: User, bob: User, readers: UserGroup) -> None:
    empty = UserFactory(organisation=alice.organisation, user_permissions={}, group=readers)
    User.objects.filter(pk=bob.pk).update(group=readers)
    own = dict(bob.user_permissions)
    client, path = rest(alice), f"/api/usergroups/{readers.pk}"
    assert said(client.delete(path)) == (200, ok("User group deleted"))
    assert said(client.delete(path)) == (404, error("Could not retrieve user detail"))
    bob.refresh_from_db()
    empty.refresh_from_db()
    assert (bob.group, bob.permissions) == (None, own)
    assert not empty.is_admin, "an empty map, left alone, would mean administrator"


def test_who_leaves_a_group_becomes_no_administrator(rest: Rest, founder: User, readers: UserGroup) -> None:
    empty = UserFactory(organisation=founder.organisation, user_permissions={}, group=readers)
    assert rest(founder).put(f"/api/users/{empty.pk}", {"group_id": ""}).status_code == 200
    empty.refresh_from_db()
    assert (empty.group, empty.is_admin) == (None, False)


def test_nobody_joins_a_group_of_others(rest: Rest, alice: User, organisation_b: Organisation) -> None:
    other = UserGroupFactory(organisation=organisation_b)
    refused = rest(alice).put(f"/api/users/{alice.pk}", {"group_id": other.pk})
    assert said(refused) == (400, error("Group ID does not exist"))


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
        assert said(answer) == (403, error("access denied: You do not have permission to change this user group"))
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
