"""New access keys are read once, by whoever may."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from redis import RedisError
from rest_framework.test import APIClient

from apps.core.redis import own_redis
from apps.users import services
from apps.users.models import User
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys_at_hand")]

Rest = Callable[..., APIClient]


def key_shown(client: APIClient, user: User) -> str:
    key: str = client.get(f"/api/users/{user.pk}").json()["access_key"]
    return key


@pytest.fixture
def renewed(alice: User, bob: User) -> User:
    """Bob, whose key was reset and has not been read."""
    services.renew_access_key(user=bob, actor=alice)
    return bob


def test_who_manages_the_account_reads_it_once(rest: Rest, renewed: User, alice: User) -> None:
    client = rest(alice)
    assert client.get("/api/users").json()["users"][1]["access_key"] == ""
    key = key_shown(client, renewed)
    assert User.objects.with_access_key(key) == renewed
    assert key_shown(client, renewed) == ""


def test_a_reader_neither_sees_it_nor_uses_it_up(rest: Rest, renewed: User, alice: User) -> None:
    reader = UserFactory(organisation=alice.organisation, user_permissions={"users": "read"})
    assert key_shown(rest(reader), renewed) == ""
    rest(alice).head(f"/api/users/{renewed.pk}")
    assert key_shown(rest(alice), renewed)


def test_the_owner_reads_it_in_a_session(browser_of: Callable[[User], Any], renewed: User) -> None:
    key = browser_of(renewed).get("/api/users/me").json()["access_key"]
    assert User.objects.with_access_key(key) == renewed


def test_administrators_do_not_see_it_where_that_is_forbidden(
    rest: Rest, admin: APIClient, browser_of: Callable[[User], Any], renewed: User, alice: User, settings: Settings
) -> None:
    settings.FORBID_ADMIN_VIEW_ACCESS_TOKEN = True
    assert key_shown(rest(alice), renewed) == ""
    assert admin.get(f"/admin/users/{renewed.pk}").json()["access_key"] == ""
    assert browser_of(renewed).get("/api/users/me").json()["access_key"]


def test_administrators_do_not_reset_it_where_that_is_forbidden(
    rest: Rest, alice: User, bob: User, settings: Settings
) -> None:
    settings.FORBID_ADMIN_RESET_ACCESS_TOKEN = True
    client, path = rest(alice), "/api/users/{}/actions/key/reset"
    assert client.put(path.format(bob.pk)).status_code == 403
    assert client.put(path.format(alice.pk)).status_code == 200


def test_it_is_sealed_and_forgotten_after_a_while(renewed: User) -> None:
    place = f"weir:new-access-key:{renewed.pk}"
    kept = own_redis().get(place)
    key = services.show_once_take(user=renewed)
    assert key
    assert key.encode() not in kept
    services.renew_access_key(user=renewed)
    assert 0 < own_redis().ttl(place) <= 900


def test_a_key_that_was_replaced_meanwhile_is_not_shown(renewed: User) -> None:
    services.reset_access_key(user=renewed)
    assert services.show_once_take(user=renewed) == ""


def test_what_nobody_can_unseal_is_not_shown(renewed: User, settings: Settings) -> None:
    settings.SECRET_KEY = "another one"
    assert services.show_once_take(user=renewed) == ""


def test_without_redis_the_account_works_and_its_key_can_be_reset(
    rest: Rest, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = rest(alice)

    def away() -> None:
        raise RedisError

    monkeypatch.setattr("apps.users.services.access_keys.own_redis", away)
    assert client.put(f"/api/users/{bob.pk}/actions/key/reset").status_code == 200
    assert key_shown(client, bob) == ""
    assert "cannot be shown" in caplog.text


@pytest.mark.django_db(transaction=True)  # it is noted when the transaction is over
def test_a_key_is_told_when_it_was_last_used(rest: Rest, bob: User) -> None:
    client = rest(bob)
    assert User.objects.get(pk=bob.pk).access_key.last_used_at is None
    client.get("/api/users/me")
    assert User.objects.get(pk=bob.pk).access_key.last_used_at


def test_a_reset_that_is_rolled_back_leaves_the_key_before_to_be_read(
    renewed: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # commits, or what looks like one, decide
    with transaction.atomic():
        services.renew_access_key(user=renewed, actor=alice)
        transaction.set_rollback(True)
    key = services.show_once_take(user=renewed)
    assert User.objects.with_access_key(key) == renewed


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_does_not_answer_costs_a_second_and_not_the_key(
    rest: Rest, alice: User, bob: User, silent_redis: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    assert rest(alice).put(f"/api/users/{bob.pk}/actions/key/reset").status_code == 200
    assert time.monotonic() - began < 2.5
