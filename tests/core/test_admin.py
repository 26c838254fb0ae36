"""What every part of the staff site has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from apps.apis.admin import ApiAdmin
from apps.apis.models import Api
from apps.apis.resources import APIS
from apps.apis.services import set_owners
from apps.audit.models import AuditRecord
from apps.core.exceptions import ApplicationError
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.admin import UserAdmin, UserGroupAdmin
from apps.users.models import User, UserGroup
from apps.users.resources import USER_GROUPS, USERS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
STAFF_USERS, GROUPS, STAFF_APIS = "/staff/users/user/", "/staff/users/usergroup/", "/staff/apis/api/"


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
    for rows, pk, name in ((STAFF_USERS, bob.pk, bob.email), (GROUPS, UserGroup.objects.get().pk, "Treasury")):
        page = page_about_deleting(browser, rows, pk, how)
        assert name in page
        assert "Payments" not in page
        assert "owner" in page  # how many there are


def test_the_way_in_and_out_is_everybody_s(browser_of: BrowserOf, alice: User, bob: User) -> None:
    browser = browser_of(alice)
    assert Client().get("/staff/login/")["Location"] == "/login/?next=/staff/"
    assert browser.get("/staff/login/", follow=True).redirect_chain[-1] == ("/staff/", 302)
    assert browser.get(f"/staff/login/?next={STAFF_USERS}", follow=True).redirect_chain[-1] == (STAFF_USERS, 302)
    assert browser.get("/staff/login/?next=https://evil.example/", follow=True).redirect_chain[1] == ("/home/", 302)
    assert browser_of(bob).get("/staff/login/").status_code == 403
    assert browser.get("/staff/password_change/")["Location"] == "/password/?next=/staff/"
    assert browser.post("/staff/logout/", follow=True).redirect_chain[0] == ("/logout/", 307)
    assert browser.get("/staff/")["Location"] == "/staff/login/?next=/staff/"
    assert AuditRecord.objects.filter(action="Log Out", user=alice.email).exists()


def test_what_a_service_refuses_is_told(
    browser_of: BrowserOf, alice: User, payments: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ApplicationError("access denied: Somebody was faster", 409)

    browser = browser_of(alice)
    monkeypatch.setattr(ApiAdmin, "resource", replace(APIS, create=refuse, update=refuse, delete=refuse))
    new = {"name": "New", "api_id": "new"}
    for path in ("add/", f"{payments.pk}/change/"):  # in the form, with what was typed
        form = browser.post(f"{STAFF_APIS}{path}", new)
        assert form.context["adminform"].form.non_field_errors() == ["Somebody was faster"]
        assert 'value="New"' in form.content.decode()
    for path, form in (
        (f"{payments.pk}/delete/", {"post": "yes"}),
        ("", {"action": "delete_selected", "_selected_action": payments.pk, "post": "yes"}),
    ):
        page = browser.post(f"{STAFF_APIS}{path}", form, follow=True)
        assert (page.redirect_chain, page.status_code) == ([(f"{STAFF_APIS}{path}", 302)], 200)
        assert "Somebody was faster" in page.content.decode()
        assert "access denied" not in page.content.decode()


@pytest.mark.parametrize("refused", ["delete_user", "delete_group"])
def test_an_action_is_done_to_all_or_to_none(
    browser_of: BrowserOf, alice: User, organisation_a: Organisation, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    delete, calls = getattr(services, refused), []

    def refuse_the_third(*row: Any, **given: Any) -> None:
        calls.append(given)
        if len(calls) == 3:
            raise ApplicationError("Not this one")
        delete(*row, **given)

    admin_class, resource = (UserAdmin, USERS) if refused == "delete_user" else (UserGroupAdmin, USER_GROUPS)
    monkeypatch.setattr(admin_class, "resource", replace(resource, delete=refuse_the_third))
    users = [UserFactory(organisation=organisation_a).pk for _ in range(5)]
    groups = [UserGroup.objects.create(organisation=organisation_a, name=f"Group {number}").pk for number in range(5)]
    rows, chosen = (STAFF_USERS, users) if refused == "delete_user" else (GROUPS, groups)
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert "Not this one" in browser_of(alice).post(rows, form, follow=True).content.decode()
    assert len(calls) == 3
    assert User.objects.filter(pk__in=users).count() == UserGroup.objects.count() == 5
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("pk", ["_00", "nobody", "%F0%9F%90%9F"])
def test_an_address_of_nobody_leads_back(browser_of: BrowserOf, alice: User, pk: str) -> None:
    for page in ("change/", "delete/", "history/"):
        assert browser_of(alice).get(f"{STAFF_USERS}{pk}/{page}").status_code == 302


@pytest.mark.parametrize("how", ["page", "action"])
def test_who_deletes_an_api_reads_no_addresses_of_owners(
    browser_of: BrowserOf, alice: User, bob: User, payments: Api, how: str
) -> None:
    page = page_about_deleting(browser_of(staff_with(alice, apis="write")), STAFF_APIS, payments.pk, how)
    assert "Payments" in page
    assert bob.email not in page
    assert "Treasury" not in page
    assert "owner" in page  # how many there are
