"""What happens to accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.sso.external_users import ExternalUser
from apps.users import services
from apps.users.models import AccessKey, User, UserGroup
from apps.users.services import AccessDenied, EmailTaken
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_it_makes_an_account_with_a_working_access_key(organisation_a: Organisation) -> None:
    user = User(email="  Erin@Example.COM ", organisation=organisation_a, user_permissions={"logs": "read"})
    key = services.create_user(user=user, password="secret words")
    user.refresh_from_db()
    assert (user.email, user.user_permissions, user.is_active) == ("erin@example.com", {"log": "read"}, True)
    assert user.check_password("secret words")
    assert user.password_updated
    assert User.objects.with_access_key(key) == user


def test_it_keeps_no_access_key_in_plain_text(organisation_a: Organisation) -> None:
    user = User(email="erin@example.com", organisation=organisation_a)
    key = services.create_user(user=user)
    assert len(key) == 32
    assert key not in str(AccessKey.objects.filter(user=user).values())


def test_an_account_without_password_cannot_login(organisation_a: Organisation) -> None:
    user = User(email="erin@example.com", organisation=organisation_a)
    services.create_user(user=user)
    assert not user.has_usable_password()
    assert user.password_updated is None


def test_it_refuses_an_address_that_is_taken_whatever_its_case(alice: User, organisation_b: Organisation) -> None:
    with pytest.raises(EmailTaken, match="User email already exists for this Org"):
        services.create_user(user=User(email="ALICE@example.com", organisation=organisation_b))
    assert User.objects.filter(organisation=organisation_b).count() == 0


def test_it_refuses_to_change_to_an_address_that_is_taken(alice: User, bob: User) -> None:
    with pytest.raises(EmailTaken):
        services.change_user(user=bob, changes={"email": "Alice@Example.com"})


def test_accounts_that_share_an_address_from_before_can_still_be_changed(
    settings: Settings, browser_of: Callable[[User], Client], alice: User, organisation_b: Organisation
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = True
    twins = [UserFactory(email="erin@example.com", organisation=one) for one in (alice.organisation, organisation_b)]
    settings.ENABLE_MULTI_ORG_USERS = False
    assert services.change_user(user=twins[1], changes={"first_name": "Erin"}).first_name == "Erin"
    form = {"email": "erin@example.com", "password_max_days": "0", "user_permissions_IsAdmin": "admin"}
    assert browser_of(alice).post(f"/users/{twins[0].pk}/", form).status_code == 302
    assert not User.objects.get(pk=twins[0].pk).is_active
    with pytest.raises(EmailTaken):
        services.change_user(user=alice, changes={"email": "erin@example.com"})


def test_a_new_access_key_replaces_the_old_one(alice: User) -> None:
    old = services.reset_access_key(user=alice)
    new = services.reset_access_key(user=alice)
    assert User.objects.with_access_key(old) is None
    assert User.objects.with_access_key(new) == alice
    assert AccessKey.objects.get(user=alice).last_used_at is None or old != new


def test_a_new_password_is_dated(bob: User) -> None:
    services.set_password(user=bob, password="new words")
    bob.refresh_from_db()
    assert bob.check_password("new words")
    assert bob.password_updated


def test_users_may_reset_their_own_key_and_nobody_else_s(alice: User, bob: User, charlie: User) -> None:
    assert services.reset_access_key(user=bob, actor=bob)
    for holder, target in ((bob, alice), (alice, charlie)):
        with pytest.raises(AccessDenied):
            services.reset_access_key(user=target, actor=holder)
    assert services.reset_access_key(user=bob, actor=alice)


def test_a_writer_of_users_cannot_touch_who_holds_more(alice: User, organisation_a: Organisation) -> None:
    writer = UserFactory(organisation=organisation_a, user_permissions={"users": "write", "apis": "read"})
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    assert services.reset_access_key(user=reader, actor=writer)
    for forbidden in (alice, UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})):
        with pytest.raises(AccessDenied):
            services.reset_access_key(user=forbidden, actor=writer)


@pytest.mark.parametrize("given", [{"apis": "write"}, {"IsAdmin": "admin"}, {}, {"custom": "x"}])
def test_a_writer_of_users_cannot_give_more_than_they_have(organisation_a: Organisation, given: dict[str, str]) -> None:
    writer = UserFactory(organisation=organisation_a, user_permissions={"users": "write", "apis": "read"})
    with pytest.raises(AccessDenied):
        services.create_user(
            user=User(email="e@example.com", organisation=organisation_a, user_permissions=given), actor=writer
        )
    with pytest.raises(AccessDenied):
        services.change_user(user=writer, changes={"user_permissions": given}, actor=User.objects.get(pk=writer.pk))
    assert User.objects.count() == 1


def test_who_changes_their_own_account_is_held_to_the_permissions_of_before(organisation_a: Organisation) -> None:
    has = {"users": "write", "apis": "read"}
    writer = UserFactory(organisation=organisation_a, user_permissions=has)
    with pytest.raises(AccessDenied):
        services.change_user(user=writer, changes={"user_permissions": {**has, "apis": "write"}}, actor=writer)
    assert User.objects.get(pk=writer.pk).user_permissions == has


def test_only_administrators_make_staff(organisation_a: Organisation) -> None:
    writer = UserFactory(organisation=organisation_a, user_permissions={"users": "write"})
    with pytest.raises(AccessDenied):
        services.create_user(
            user=User(
                email="e@example.com", organisation=organisation_a, user_permissions={"users": "read"}, is_staff=True
            ),
            actor=writer,
        )


def test_only_super_users_make_super_users_and_move_people(alice: User, bob: User, dora: User) -> None:
    with pytest.raises(AccessDenied):
        services.create_user(user=User(email="e@example.com", organisation=None), actor=alice)
    with pytest.raises(AccessDenied):
        services.change_user(user=bob, changes={"organisation": None}, actor=alice)
    services.change_user(user=bob, changes={"organisation": None}, actor=dora)
    assert User.objects.get(pk=bob.pk).is_super_user


def test_an_inactive_administrator_manages_nobody(alice: User, bob: User) -> None:
    alice.is_active = False
    with pytest.raises(AccessDenied):
        services.set_password(user=bob, password="new words", actor=alice)


def test_a_time_zone_has_to_exist(bob: User) -> None:
    bob.time_zone = "Mars/Olympus"
    with pytest.raises(ValidationError, match=r"Mars/Olympus is no IANA time zone"):
        bob.full_clean()
    bob.time_zone = "Europe/London"
    bob.full_clean()
    assert bob.zone.key == "Europe/London"


def test_a_person_without_a_zone_has_the_site_s(bob: User, settings: object) -> None:
    settings.DISPLAY_TIME_ZONE = "Asia/Tokyo"  # type: ignore[attr-defined]
    assert bob.zone.key == "Asia/Tokyo"


def test_createsuperuser_makes_a_super_user_of_the_staff(db: None) -> None:
    from django.core.management import call_command

    call_command("createsuperuser", "--no-input", "--email", "Root@Example.com", verbosity=0)
    root = User.objects.get(email="root@example.com")
    assert root.is_staff
    assert root.is_super_user
    assert root.is_admin


def test_who_came_without_an_account_is_held_to_the_same_rules(alice: User, organisation_a: Organisation) -> None:
    given = {"users": "write", "apis": "read"}
    group = services.create_group(group=UserGroup(organisation=organisation_a, name="Desk", user_permissions=given))
    external = ExternalUser(id=None, email="external@example.com", organisation=organisation_a)
    external.sent_groups = (group.pk,)
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    assert not services.revoke_user(user=reader, actor=external).is_active
    with pytest.raises(AccessDenied):
        services.revoke_user(user=alice, actor=external)
    with pytest.raises(AccessDenied):
        services.change_user(user=reader, changes={"user_permissions": {"apis": "write"}}, actor=external)
