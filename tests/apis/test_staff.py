"""APIs on the staff site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.apis import services
from apps.apis.models import Api
from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.factories import UserFactory

BrowserOf = Callable[[User], Client]
APIS = "/staff/apis/api/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(organisation_a: Organisation) -> Api:
    """An API of A."""
    return Api.objects.create(organisation=organisation_a, name="Orders", api_id="orders")


@pytest.fixture
def abroad(organisation_b: Organisation) -> Api:
    """An API of B."""
    return Api.objects.create(organisation=organisation_b, name="Abroad", api_id="abroad")


def group_in(organisation: Organisation | None, name: str) -> UserGroup:
    return UserGroup.objects.create(organisation=organisation, name=name)


def staff(user: User, **permissions: str) -> User:
    """Make a user staff who has these permissions only."""
    User.objects.filter(pk=user.pk).update(user_permissions=permissions, is_staff=True)
    return User.objects.get(pk=user.pk)


def change(client: Client, api: Api, **fields: Any) -> Any:
    return client.post(f"{APIS}{api.pk}/change/", {"name": api.name, "active": "on", **fields})


def offered(page: Any, field: str) -> set[str]:
    """Give the ids that a field offers."""
    return {str(row.pk) for row in page.context["adminform"].form.fields[field].queryset}


def test_an_administrator_sees_those_of_the_own_organisation(
    browser_of: BrowserOf, alice: User, dora: User, orders: Api, abroad: Api
) -> None:
    page = browser_of(alice).get(APIS).content.decode()
    assert "Orders" in page
    assert "Abroad" not in page
    assert "Beta" not in page
    assert browser_of(alice).get(f"{APIS}{abroad.pk}/change/").status_code == 302
    assert "Abroad" in browser_of(dora).get(APIS).content.decode()


def test_owned_ones_are_hidden_from_who_does_not_own_them(
    browser_of: BrowserOf, alice: User, bob: User, orders: Api, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    services.set_owners(api=orders, users=[alice])
    client = browser_of(staff(bob, apis="write"))
    assert "Orders" not in client.get(APIS).content.decode()
    assert change(client, orders, name="Mine").status_code == 302
    assert client.post(f"{APIS}{orders.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Api.objects.get().name == "Orders"


def test_owners_are_chosen_from_the_same_organisation(
    browser_of: BrowserOf, dora: User, alice: User, bob: User, charlie: User, orders: Api
) -> None:
    ours, theirs = group_in(alice.organisation, "Ours"), group_in(charlie.organisation, "Theirs")
    for editor in (alice, dora):
        page = browser_of(editor).get(f"{APIS}{orders.pk}/change/")
        assert offered(page, "user_owners") == {alice.pk, bob.pk}
        assert offered(page, "group_owners") == {ours.pk}
    client = browser_of(dora)
    assert change(client, orders, user_owners=[bob.pk], group_owners=[ours.pk]).status_code == 302
    assert orders.owner_ids() == {"userIds": [bob.pk], "userGroupIds": [ours.pk]}
    for wrong in ({"user_owners": [charlie.pk]}, {"user_owners": [dora.pk]}, {"group_owners": [theirs.pk]}):
        page = change(client, orders, **wrong)
        assert page.context["adminform"].form.errors.keys() == wrong.keys()
    assert orders.owner_ids() == {"userIds": [bob.pk], "userGroupIds": [ours.pk]}
    change(client, orders)
    assert orders.owner_ids() == {"userIds": [], "userGroupIds": []}
    assert AuditRecord.objects.filter(kind="api", subject=orders.pk, user=dora.email).count() == 2


def test_who_may_not_see_users_neither_sees_nor_removes_them(
    browser_of: BrowserOf, alice: User, bob: User, orders: Api
) -> None:
    team = group_in(alice.organisation, "Team")
    services.set_owners(api=orders, users=[alice, bob], groups=[team])
    client = browser_of(staff(bob, apis="write", user_groups="read"))
    page = client.get(f"{APIS}{orders.pk}/change/")
    assert "alice@" not in page.content.decode()
    assert offered(page, "group_owners") == {team.pk}
    change(client, orders, user_owners=[])
    assert orders.owner_ids() == {"userIds": sorted([alice.pk, bob.pk]), "userGroupIds": []}


def test_readers_are_told_the_owners_they_may_see(browser_of: BrowserOf, alice: User, bob: User, orders: Api) -> None:
    services.set_owners(api=orders, users=[alice], groups=[group_in(alice.organisation, "Team Blue")])
    page = browser_of(staff(bob, apis="read", users="read")).get(f"{APIS}{orders.pk}/change/").content.decode()
    assert "alice@example.com" in page
    assert "Team Blue" not in page
    page = browser_of(staff(bob, apis="read", user_groups="read")).get(f"{APIS}{orders.pk}/change/").content.decode()
    assert "alice@example.com" not in page
    assert "Team Blue" in page


def test_a_new_one_belongs_to_the_editors_organisation(
    browser_of: BrowserOf, alice: User, dora: User, organisation_b: Organisation
) -> None:
    new = {"name": "New", "api_id": "new", "active": "on"}
    browser_of(alice).post(f"{APIS}add/", {**new, "organisation": organisation_b.pk})
    assert Api.objects.get(api_id="new").organisation == alice.organisation
    page = browser_of(dora).post(f"{APIS}add/", {**new, "api_id": "other"})
    assert page.context["adminform"].form.errors.keys() == {"organisation"}
    browser_of(dora).post(f"{APIS}add/", {**new, "api_id": "other", "organisation": organisation_b.pk})
    assert Api.objects.get(api_id="other").organisation == organisation_b
    page = browser_of(alice).post(f"{APIS}add/", {**new, "api_id": "other"})
    assert page.context["adminform"].form.errors.keys() == {"api_id"}


def test_what_gateways_know_it_by_stays(browser_of: BrowserOf, alice: User, charlie: User, orders: Api) -> None:
    change(browser_of(alice), orders, api_id="other", organisation=charlie.organisation_id, name="Renamed")
    orders.refresh_from_db()
    assert (orders.api_id, orders.organisation_id, orders.name) == ("orders", "a" * 24, "Renamed")


def test_a_deleted_one_leaves_the_list_that_the_organisation_came_with(
    browser_of: BrowserOf, alice: User, orders: Api
) -> None:
    listed = [{"api_human_name": name, "api_id": name.lower()} for name in ("Orders", "Other")]
    Organisation.objects.filter(pk=orders.organisation_id).update(listed_apis=listed)
    more = Api.objects.create(organisation=alice.organisation, name="More")
    client = browser_of(alice)
    client.post(f"{APIS}{orders.pk}/delete/", {"post": "yes"})
    client.post(APIS, {"action": "delete_selected", "_selected_action": [more.pk], "post": "yes"})
    assert not Api.objects.exists()
    assert Organisation.objects.get().listed_apis == listed[1:]
    assert AuditRecord.objects.filter(action="Delete API").count() == 2


def test_the_list_is_searched_and_filtered(browser_of: BrowserOf, dora: User, orders: Api, abroad: Api) -> None:
    services.set_owners(api=abroad, users=[UserFactory(organisation=abroad.organisation)])
    services.change_api(abroad, {"active": False})
    queries = (
        "q=abr",
        "q=abroad",
        f"q={abroad.pk}",
        "owned=yes",
        "active__exact=0",
        f"organisation__id__exact={'b' * 24}",
    )
    for query in queries:
        page = browser_of(dora).get(f"{APIS}?{query}").context["cl"]
        assert [api.name for api in page.result_list] == ["Abroad"], query
    page = browser_of(dora).get(f"{APIS}?owned=no").context["cl"]
    assert [api.name for api in page.result_list] == ["Orders"]


def test_the_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, team = browser_of(alice), group_in(alice.organisation, "Team")
    for more in (5, 20):
        for number in range(more):
            api = Api.objects.create(organisation=alice.organisation, name=f"API {number}")
            services.set_owners(api=api, users=[alice], groups=[team])
        with django_assert_num_queries(LIST_QUERIES):
            assert "1 user, 1 group" in client.get(APIS).content.decode()


# The session, its user, the filter's organisations, how many there are, one page of them, their owners (two).
LIST_QUERIES = 10
