"""User groups on the staff site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
GROUPS = "/staff/users/usergroup/"
SENT = {
    "name": "Team",
    "description": "",
    "active": "on",
    "password_max_days": "0",
    "user_permissions_apis": "read",
}


@pytest.fixture
def team(organisation_a: Organisation) -> UserGroup:
    """A group of A."""
    group = UserGroup(organisation=organisation_a, name="Team", user_permissions={"apis": "read", "hooks": "deny"})
    return services.create_group(group=group)


def test_it_lists_groups_of_the_organisation_with_what_they_give(
    browser_of: BrowserOf, alice: User, charlie: User, team: UserGroup
) -> None:
    UserFactory.create_batch(3, organisation=alice.organisation, group=team)
    page = browser_of(alice).get(GROUPS).content.decode()
    assert "Team" in page
    assert "APIs: read" in page
    assert '<td class="field-member_count">3</td>' in page
    assert "Team" not in browser_of(charlie).get(GROUPS).content.decode()


def test_the_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(alice)
    for number in range(2):
        UserGroup.objects.bulk_create(
            UserGroup(organisation=alice.organisation, name=f"{number} {other}") for other in range(10)
        )
        with django_assert_num_queries(5):
            client.get(GROUPS)


def test_it_makes_changes_and_deletes_groups(browser_of: BrowserOf, alice: User, organisation_b: Organisation) -> None:
    client = browser_of(alice)
    client.post(f"{GROUPS}add/", {**SENT, "organisation": organisation_b.pk, "user_permissions_IsAdmin": "admin"})
    group = UserGroup.objects.get()
    assert (group.organisation, group.user_permissions) == (alice.organisation, {"apis": "read"})
    assert "IsAdmin" not in client.get(f"{GROUPS}{group.pk}/change/").content.decode()
    client.post(f"{GROUPS}{group.pk}/change/", {**SENT, "active": "", "user_permissions_apis": "write"})
    group.refresh_from_db()
    assert (group.active, group.user_permissions) == (False, {"apis": "write"})
    client.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})
    assert not UserGroup.objects.exists()
    assert list(AuditRecord.objects.order_by("id").values_list("action", flat=True)) == [
        "Create User Group",
        "Update User Group",
        "Delete User Group",
    ]


def test_a_super_user_says_whose_a_new_group_is(
    browser_of: BrowserOf, dora: User, organisation_b: Organisation
) -> None:
    browser_of(dora).post(f"{GROUPS}add/", {**SENT, "organisation": organisation_b.pk})
    assert UserGroup.objects.get().organisation == organisation_b


def test_a_member_is_no_administrator_when_groups_are_deleted_in_bulk(
    browser_of: BrowserOf, alice: User, team: UserGroup
) -> None:
    member = UserFactory(organisation=alice.organisation, group=team, user_permissions={})
    client = browser_of(alice)
    client.post(GROUPS, {"action": "delete_selected", "_selected_action": [team.pk], "post": "yes"})
    member.refresh_from_db()
    assert (member.group, member.is_admin) == (None, False)


def test_a_group_needs_a_permission_and_gives_nothing_the_editor_has_not(
    browser_of: BrowserOf, organisation_a: Organisation
) -> None:
    writer = UserFactory(
        organisation=organisation_a, is_staff=True, user_permissions={"user_groups": "write", "apis": "read"}
    )
    client = browser_of(writer)
    for changes in ({"user_permissions_apis": ""}, {"user_permissions_apis": "write"}):
        page: Any = client.post(f"{GROUPS}add/", {**SENT, **changes})
        assert list(page.context["adminform"].form.errors) == ["user_permissions"]
    assert not UserGroup.objects.exists()


def test_a_reader_of_groups_changes_none(browser_of: BrowserOf, bob: User, team: UserGroup) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = browser_of(User.objects.get(pk=bob.pk))
    assert client.get(f"{GROUPS}{team.pk}/change/").status_code == 200
    assert client.post(f"{GROUPS}{team.pk}/change/", SENT).status_code == 403
