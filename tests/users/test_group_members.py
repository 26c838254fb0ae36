"""What user groups do to their members, and who may let them."""

from __future__ import annotations

from collections.abc import Callable

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
from tests.contracts import error
from tests.factories import UserFactory, UserGroupFactory
from tests.users.test_groups import FORM, content

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
DENIED = "access denied: You do not have permission to change this user group"


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
