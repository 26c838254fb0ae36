"""User groups: what every resource keeps, and what is particular about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.viewsets import UserGroupViewSet
from tests.contracts import ResourceContract
from tests.factories import UserFactory, UserGroupFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]
PERSONAL = (403, "A user group can have neither IsAdmin nor ResetPassword")
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
    refused = [
        ({"name": ""}, None),
        ({"user_permissions": "all"}, None),
        ({"user_permissions": {}}, (403, "A user group needs at least one permission")),
        *(({"user_permissions": {"apis": "read", name: "admin"}}, PERSONAL) for name in ("IsAdmin", "ResetPassword")),
        ({"user_permissions": {"IsAdmin": "true"}}, PERSONAL),
        ({"user_permissions": {"apis": "own"}}, (400, "Unknown levels of permissions: apis")),
    ]


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
