"""Several callers at once: one account per address, one reader of a key."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from apps.users import services
from apps.users.models import AccessKey, User
from apps.users.services import EmailTaken, PasswordRefused
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 10
T = TypeVar("T")


def at_once(work: Callable[[int], T], callers: int = CALLERS) -> list[T | None]:
    """Let callers do something at the same moment; gives what each got, ``None`` for a refusal."""
    ready = Barrier(callers, timeout=30)

    def run(number: int) -> T | None:
        try:
            ready.wait()
            return work(number)
        except (EmailTaken, PasswordRefused):
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))


@pytest.mark.parametrize("is_multi", [False, True])
def test_one_address_has_one_account_and_with_several_organisations_one_in_each(
    settings: Settings, is_multi: bool
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = is_multi
    organisations = OrganisationFactory.create_batch(2)

    def make(number: int) -> Any:
        email = f"{'E' if number % 3 else 'e'}rin@example.com"
        return services.create_user(email=email, organisation=organisations[number % 2])[0]

    made = [user for user in at_once(make) if user]
    assert len(made) == (2 if is_multi else 1)
    assert User.objects.count() == AccessKey.objects.count() == len(made)


def test_a_new_key_is_read_by_one() -> None:
    user = UserFactory()
    services.renew_access_key(user=user)
    shown = [key for key in at_once(lambda _: services.reveal_access_key(user=user)) if key]
    assert len(shown) == 1
    assert User.objects.with_access_key(shown[0]) == user


def test_of_two_who_set_the_same_password_one_is_told_that_it_was_used() -> None:
    pk = UserFactory().pk

    def change(number: int) -> bool:
        services.set_password(user=User.objects.get(pk=pk), password="the same words")
        return True

    assert sorted(map(bool, at_once(change, 4))) == [False, False, False, True]


def test_a_change_does_not_undo_a_password_set_meanwhile() -> None:
    user = UserFactory()
    stale = User.objects.get(pk=user.pk)
    services.set_password(user=user, password="new words")
    stale.first_name = "Changed"
    services.change_user(user=stale)
    now = User.objects.get(pk=user.pk)
    assert (now.first_name, now.session_generation) == ("Changed", 1)
    assert now.check_password("new words")
