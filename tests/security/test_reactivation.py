"""A key that was out while its account was shut does not open it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.users import services
from apps.users.models import AccessKey, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys_at_hand")]

Rest = Callable[..., APIClient]


@pytest.mark.django_db(transaction=True)  # that a key was used is noted when the transaction is over
@pytest.mark.parametrize("end", ["", "/actions/revoke"])
@pytest.mark.parametrize("is_old", [False, True])
def test_who_is_active_again_has_a_new_key(rest: Rest, alice: User, bob: User, end: str, is_old: bool) -> None:
    old, client = rest(bob), rest(alice)
    assert old.get("/api/users/me").status_code == 200
    kept = AccessKey.objects.get(user=bob)
    assert client.put(f"/api/users/{bob.pk}{end}", {"active": False}).status_code == 200
    if is_old:  # as it was before keys went with their accounts
        kept.save(force_insert=True)
    assert client.put(f"/api/users/{bob.pk}", {"active": True}).status_code == 200
    assert old.get("/api/users/me").status_code == 401
    fresh = client.get(f"/api/users/{bob.pk}").json()["access_key"]
    assert User.objects.with_access_key(fresh) == bob


def test_who_was_never_active_keeps_the_key_that_was_told(rest: Rest, alice: User) -> None:
    user = User(email="new@example.com", organisation=alice.organisation, is_active=False, user_permissions={"a": "b"})
    key = services.create_user(user=user)
    assert rest(alice).put(f"/api/users/{user.pk}", {"active": True}).status_code == 200
    assert User.objects.with_access_key(key) == user


def test_the_admin_secret_brings_a_key_along(admin: APIClient, bob: User) -> None:
    brought: dict[str, Any] = {"active": True, "access_key": "0f" * 16}
    services.revoke_user(user=bob)
    assert admin.put(f"/admin/users/{bob.pk}", brought).status_code == 200
    assert User.objects.with_access_key("0f" * 16) == bob
