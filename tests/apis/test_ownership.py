"""What somebody sees is asked once in a request, and anew when something was changed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.core.tenancy import Scope, scope_of, scopes_kept
from apps.organisations.models import Organisation
from apps.users.models import User

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _ownership(settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True


@pytest.fixture
def payments(organisation_a: Organisation, alice: User) -> Api:
    """An API of A that alice owns."""
    return set_owners(
        api=Api.objects.create(organisation=organisation_a, name="Payments", api_id="payments"), users=[alice]
    )


@contextmanager
def questions_about_owners() -> Iterator[list[str]]:
    """Collect the statements that ask which APIs somebody sees."""
    asked: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured.captured_queries if "is_owned" in query["sql"].partition("WHERE")[2]]


def writer(bob: User) -> User:
    User.objects.filter(pk=bob.pk).update(user_permissions={"apis": "write", "analytics": "read"}, is_staff=True)
    return User.objects.get(pk=bob.pk)


def test_a_rest_call_asks_once(rest: Rest, bob: User, payments: Api) -> None:
    client = rest(writer(bob))
    with questions_about_owners() as asked:
        assert client.get(f"/api/apis/{payments.pk}/access").status_code == 401
    assert len(asked) == 1


def test_a_page_asks_once(browser_of: Callable[[User], Client], bob: User, payments: Api) -> None:
    browser = browser_of(writer(bob))
    with questions_about_owners() as asked:
        assert browser.get("/staff/apis/api/").status_code == 200
    assert len(asked) == 1


def test_the_next_request_asks_again(rest: Rest, bob: User, payments: Api) -> None:
    client, path = rest(writer(bob)), f"/api/apis/{payments.pk}/access"
    assert client.get(path).status_code == 401
    set_owners(api=payments, users=[bob])
    assert client.get(path).status_code == 200


def test_owners_that_change_in_a_request_count_at_once(bob: User, payments: Api) -> None:
    with scopes_kept():
        assert scope_of(bob).apis == frozenset()
        set_owners(api=payments, users=[bob])
        assert scope_of(bob).apis == {"payments"}


def test_a_change_that_is_undone_leaves_nothing(bob: User, payments: Api) -> None:
    with scopes_kept():
        with transaction.atomic():
            set_owners(api=payments, users=[bob])
            assert scope_of(bob).apis == {"payments"}
            transaction.set_rollback(True)
        assert scope_of(bob).apis == frozenset()


def test_two_people_in_one_request_see_their_own(alice: User, bob: User, payments: Api) -> None:
    User.objects.filter(pk=alice.pk).update(user_permissions={"apis": "read"})
    with scopes_kept():
        seen = [scope_of(User.objects.get(pk=user.pk)) for user in (alice, bob, alice)]
    assert seen == [Scope("a" * 24, frozenset(apis)) for apis in ({"payments"}, (), {"payments"})]


def test_outside_of_requests_nothing_is_kept(bob: User, payments: Api) -> None:
    with questions_about_owners() as asked:
        assert scope_of(bob) == scope_of(bob)
    assert len(asked) == 2
