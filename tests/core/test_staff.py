"""What every part of the staff site has in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
USERS, GROUPS, APIS = "/staff/users/user/", "/staff/users/usergroup/", "/staff/apis/api/"


@pytest.fixture
def payments(organisation_a: Organisation, bob: User) -> Api:
    """An API that bob and a group own."""
    group = UserGroup.objects.create(organisation=organisation_a, name="Treasury", user_permissions={"apis": "read"})
    api = Api.objects.create(organisation=organisation_a, api_id="pay", name="Payments")
    return set_owners(api=api, users=[bob], groups=[group])


def staff_with(alice: User, **permissions: str) -> User:
    """Leave alice these permissions."""
    User.objects.filter(pk=alice.pk).update(user_permissions=permissions)
    return User.objects.get(pk=alice.pk)


def page_about_deleting(browser: Client, rows: str, pk: str, how: str) -> str:
    """What is asked before a row is deleted."""
    if how == "page":
        answer = browser.get(f"{rows}{pk}/delete/")
    else:
        answer = browser.post(rows, {"action": "delete_selected", "_selected_action": pk})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("how", ["page", "action"])
def test_who_deletes_people_reads_no_names_of_apis(
    browser_of: BrowserOf, alice: User, bob: User, payments: Api, how: str
) -> None:
    User.objects.filter(pk=bob.pk).update(user_permissions={"users": "read"})
    browser = browser_of(staff_with(alice, users="write", user_groups="write"))
    for rows, pk, name in ((USERS, bob.pk, bob.email), (GROUPS, UserGroup.objects.get().pk, "Treasury")):
        page = page_about_deleting(browser, rows, pk, how)
        assert name in page
        assert "Payments" not in page
        assert "owner" in page  # how many there are


@pytest.mark.parametrize("pk", ["%00", "_00", "nobody", "%F0%9F%90%9F"])
def test_an_address_of_nobody_leads_back(browser_of: BrowserOf, alice: User, pk: str) -> None:
    for page in ("change/", "delete/", "history/"):
        assert browser_of(alice).get(f"{USERS}{pk}/{page}").status_code == 302


@pytest.mark.parametrize("how", ["page", "action"])
def test_who_deletes_an_api_reads_no_addresses_of_owners(
    browser_of: BrowserOf, alice: User, bob: User, payments: Api, how: str
) -> None:
    page = page_about_deleting(browser_of(staff_with(alice, apis="write")), APIS, payments.pk, how)
    assert "Payments" in page
    assert bob.email not in page
    assert "Treasury" not in page
    assert "owner" in page  # how many there are
