"""Several callers at once: one account per address, one reader of a key."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connections, transaction
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import change_api
from apps.sso.services.login import follow_groups
from apps.users import services
from apps.users.models import AccessKey, User, UserGroup
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
        user = User(email=email, organisation=organisations[number % 2])
        services.create_user(user=user)
        return user

    made = [user for user in at_once(make) if user]
    assert len(made) == (2 if is_multi else 1)
    assert User.objects.count() == AccessKey.objects.count() == len(made)


def test_a_new_key_is_read_by_one() -> None:
    user = UserFactory()
    services.renew_access_key(user=user)
    shown = [key for key in at_once(lambda _: services.show_once_take(user=user)) if key]
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
    services.change_user(user=stale, changes={"first_name": "Changed"})
    now = User.objects.get(pk=user.pk)
    assert (now.first_name, now.session_generation) == ("Changed", 1)
    assert now.check_password("new words")


def test_a_change_does_not_undo_what_was_taken_from_an_account_meanwhile() -> None:
    user = UserFactory(is_staff=True)
    UserFactory(organisation=user.organisation)
    stale = User.objects.get(pk=user.pk)
    group = services.create_group(group=UserGroup(organisation=user.organisation, name="Team"))
    less = {"user_permissions": {"apis": "read"}, "group": group, "is_staff": False}
    services.revoke_user(user=services.change_user(user=user, changes=less))
    services.change_user(user=stale, changes={"first_name": "Changed"})
    for now in (stale, User.objects.get(pk=user.pk)):
        assert (now.first_name, now.is_active, now.is_staff, now.group) == ("Changed", False, False, group)
        assert now.user_permissions == {"apis": "read"}


def test_nor_what_was_taken_from_a_group_and_an_api() -> None:
    organisation = OrganisationFactory()
    group = UserGroup(organisation=organisation, name="Team", user_permissions={"apis": "write"})
    services.create_group(group=group)
    stale_group = UserGroup.objects.get(pk=group.pk)
    services.change_group(group=group, changes={"active": False, "user_permissions": {"apis": "read"}})
    services.change_group(group=stale_group, changes={"name": "Crew"})
    group.refresh_from_db()
    assert (group.name, group.active, group.user_permissions) == ("Crew", False, {"apis": "read"})
    api = Api.objects.create(organisation=organisation, name="Orders")
    stale_api = Api.objects.get(pk=api.pk)
    change_api(api, {"active": False})
    change_api(stale_api, {"name": "Sales"})
    api.refresh_from_db()
    assert (api.name, api.active) == ("Sales", False)


def test_whoever_is_revoked_on_the_way_in_stays_out() -> None:
    """The group that comes along from single sign-on is given to the account as it is then."""
    user = UserFactory(user_permissions={"apis": "read"})
    group = services.create_group(group=UserGroup(organisation=user.organisation, name="Team"))
    revoked, promoted = User.objects.get(pk=user.pk), UserFactory(organisation=user.organisation)
    asked = User.objects.get(pk=promoted.pk)
    asked.user_permissions = {"apis": "read"}  # as it was when it was looked up
    services.revoke_user(user=user)
    for account in (revoked, asked):
        follow_groups(account=account, groups=(group.pk,))
    assert [User.objects.get(pk=one.pk).is_active for one in (user, promoted)] == [False, True]
    assert not group.members.exists()


def test_of_two_who_change_different_things_neither_undoes_the_other() -> None:
    pk = UserFactory().pk
    changes = [{"first_name": "Erin"}, {"is_staff": True}, {"time_zone": "Asia/Tokyo"}, {"password_max_days": 7}]
    at_once(lambda number: services.change_user(user=User.objects.get(pk=pk), changes=changes[number]), len(changes))
    wanted = {name: value for change in changes for name, value in change.items()}
    assert User.objects.filter(pk=pk).values(*wanted).get() == wanted


def test_two_who_use_one_key_do_not_wait_for_each_other() -> None:
    user = UserFactory()
    key = services.reset_access_key(user=user)

    def use() -> User | None:
        try:
            return User.objects.with_access_key(key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert User.objects.with_access_key(key) == user
        assert pool.submit(use).result(timeout=10) == user
    assert AccessKey.objects.get().last_used_at
