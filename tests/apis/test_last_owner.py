"""An API stays closed when its last owner is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis import services
from apps.apis.models import Api
from apps.audit.models import AuditRecord
from apps.core.tenancy import scope_of
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.services import delete_group, delete_user
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
NOBODY: dict[str, list[str]] = {"userIds": [], "userGroupIds": []}


@pytest.fixture(autouse=True)
def _ownership(settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True


@pytest.fixture
def payments(organisation_a: Organisation) -> Api:
    """An API of A."""
    return Api.objects.create(organisation=organisation_a, name="Payments", api_id="payments")


@pytest.fixture(params=["user", "group"])
def orphan(request: pytest.FixtureRequest, payments: Api) -> Api:
    """The same, after its only owner, a user or a group, was deleted."""
    if request.param == "user":
        owner = UserFactory(organisation=payments.organisation, user_permissions={"apis": "read"})
        services.set_owners(api=payments, users=[owner])
        delete_user(user=owner)
    else:
        group = UserGroup.objects.create(organisation=payments.organisation, name="Team")
        services.set_owners(api=payments, groups=[group])
        delete_group(group=group)
    return Api.objects.get(pk=payments.pk)


def writer(bob: User) -> User:
    User.objects.filter(pk=bob.pk).update(user_permissions={"apis": "write"}, is_staff=True)
    return User.objects.get(pk=bob.pk)


def test_it_stays_closed(rest: Rest, bob: User, orphan: Api) -> None:
    client, path = rest(writer(bob)), f"/api/apis/{orphan.pk}/access"
    assert (client.get(path).status_code, client.put(path, NOBODY).status_code) == (401, 401)
    assert scope_of(writer(bob)).apis == frozenset()
    assert (orphan in Api.objects.owned(), orphan in Api.objects.free()) == (True, False)


def test_administrators_see_it_and_can_open_it(rest: Rest, alice: User, bob: User, orphan: Api) -> None:
    client, path = rest(alice), f"/api/apis/{orphan.pk}/access"
    assert client.get(path).json() == NOBODY
    assert client.put(path, NOBODY).status_code == 200
    assert rest(writer(bob)).get(path).status_code == 200


def test_another_name_does_not_open_it(browser_of: Callable[[User], Client], alice: User, orphan: Api) -> None:
    browser, page = browser_of(alice), f"/staff/apis/api/{orphan.pk}/change/"
    assert "None left" in browser.get("/staff/apis/api/?owned=yes").content.decode()
    assert browser.post(page, {"name": "Pay", "active": "on"}).status_code == 302
    found = Api.objects.get()
    assert (found.name, found.is_owned) == ("Pay", True)


def test_a_stale_form_does_not_open_it(payments: Api, bob: User) -> None:
    stale = Api.objects.get(pk=payments.pk)
    services.set_owners(api=payments, users=[bob])
    services.change_api(stale, {"name": "Paid"})
    assert Api.objects.get(pk=payments.pk).is_owned


def test_the_record_of_the_deletion_names_it(orphan: Api) -> None:
    record = AuditRecord.objects.filter(action__startswith="Delete").get()
    (fields,) = record.changes.values()
    assert fields["owned_apis"] == [[orphan.pk], None]


def test_the_page_that_asks_says_what_happens(
    browser_of: Callable[[User], Client], alice: User, organisation_a: Organisation
) -> None:
    group = UserGroup.objects.create(organisation=organisation_a, name="Team")
    page = browser_of(alice).get(f"/groups/{group.pk}/delete/").content.decode()
    assert "stay closed to all but administrators" in page


@pytest.fixture
def migrate() -> Iterator[Callable[[str], Any]]:
    """Migrate the app to a state and give its models; the newest state is back afterwards."""

    def run(name: str) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate([("apis", name)])
        return executor.loader.project_state([("apis", name)]).apps

    yield run
    executor = MigrationExecutor(connection)
    executor.migrate([("apis", executor.loader.graph.leaf_nodes("apis")[0][1])])


@pytest.mark.django_db(transaction=True)
def test_the_migration_marks_those_that_have_owners(payments: Api, bob: User, migrate: Callable[[str], Any]) -> None:
    free = Api.objects.create(organisation=payments.organisation, name="Free", api_id="free")
    services.set_owners(api=payments, users=[bob])
    migrate("0001_apis_and_owners")
    migrate("0002_is_owned")
    assert dict(Api.objects.values_list("pk", "is_owned")) == {payments.pk: True, free.pk: False}
