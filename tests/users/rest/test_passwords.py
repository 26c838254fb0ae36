"""Setting passwords over REST: one's own, and those of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.users import services
from apps.users.models import User, UserGroup
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
UPDATED = {"Status": "OK", "Message": "User password updated", "Meta": None}
NOT_OTHERS = "access denied: You do not have permission to reset the password for other users."
NOT_YET = f"{NOT_OTHERS} As an admin user, this permission can be modified using OPA rules."


def reset(client: APIClient, user: User, **body: Any) -> tuple[int, Any]:
    answer = client.post(f"/api/users/{user.pk}/actions/reset", body)
    return answer.status_code, answer.json()


def error(message: str) -> dict[str, Any]:
    return {"Status": "Error", "Message": message, "Meta": None}


def test_people_set_their_own_password(rest: Rest, browser_of: Callable[[User], Client], bob: User) -> None:
    client, browser = rest(bob), browser_of(bob)
    assert browser.get("/api/users/me").status_code == 200
    answer = reset(client, bob, new_password="new words", current_password=PASSWORD, user_permissions={}, api_model={})
    assert answer == (200, UPDATED)
    assert User.objects.get(pk=bob.pk).check_password("new words")
    assert browser.get("/api/users/me").status_code == 401
    assert client.get("/api/users/me").status_code == 200, "the access key is another credential"


@pytest.mark.parametrize("given", [{}, {"current_password": "wrong"}, {"current_password": None}])
def test_it_asks_for_the_present_password(rest: Rest, bob: User, given: dict[str, Any]) -> None:
    assert reset(rest(bob), bob, new_password="new words", **given) == (403, error("The current password is wrong"))
    assert User.objects.get(pk=bob.pk).check_password(PASSWORD)


def test_a_new_administrator_sets_a_first_password_with_their_own_key(rest: Rest, bob: User) -> None:
    user = User(email="new@example.com", organisation=bob.organisation)
    key = services.create_user(user=user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=key)
    assert reset(client, user, new_password="top secret", user_permissions={"IsAdmin": "admin"}) == (200, UPDATED)


@pytest.mark.parametrize("body", [{}, {"new_password": ""}, {"new_password": 7}, {"new_password": None}])
def test_it_refuses_a_body_without_a_password(rest: Rest, bob: User, body: dict[str, Any]) -> None:
    answer = rest(bob).post(f"/api/users/{bob.pk}/actions/reset", body)
    assert (answer.status_code, answer.json()) == (403, error("Request body malformed"))


def test_it_tells_which_rules_a_password_breaks(rest: Rest, bob: User, settings: Settings) -> None:
    settings.PASSWORD_MIN_NUMERIC = 2
    message = "Password refused: It needs at least 6 characters. It needs at least two digits"
    assert reset(rest(bob), bob, new_password="x", current_password=PASSWORD) == (400, error(message))
    same = reset(rest(bob), bob, new_password=PASSWORD, current_password=PASSWORD)
    assert same[1]["Message"].endswith("It was used before")


def test_an_administrator_needs_to_be_trusted_with_the_passwords_of_others(
    rest: Rest, alice: User, bob: User, settings: Settings
) -> None:
    client = rest(alice)
    assert reset(client, bob, new_password="new words") == (403, error(NOT_YET))
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    assert reset(client, bob, new_password="new words") == (200, UPDATED)
    settings.ALLOW_ADMIN_RESET_PASSWORD = False
    services.allow_reset_passwords(user=alice, allowed=True)
    assert reset(client, bob, new_password="newer words") == (200, UPDATED)


def test_nobody_else_sets_the_passwords_of_others(rest: Rest, bob: User, writer: User, settings: Settings) -> None:
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    assert reset(rest(writer), bob, new_password="new words") == (403, error(NOT_OTHERS))
    assert reset(rest(bob), writer, new_password="new words") == (403, error(NOT_OTHERS))


def test_not_even_a_trusted_administrator_reaches_into_another_organisation(
    rest: Rest, founder: User, charlie: User
) -> None:
    assert reset(rest(founder), charlie, new_password="new words")[0] == 404
    assert reset(rest(founder), UserFactory.build(), new_password="new words")[0] == 404


def test_who_may_not_read_users_does_not_set_passwords_here(rest: Rest, alice: User) -> None:
    nobody = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read"})
    assert reset(rest(nobody), nobody, new_password="new words")[0] == 403


@pytest.mark.parametrize("group", [False, True])
def test_nobody_needs_a_permission_for_the_own_password(rest: Rest, bob: User, readers: UserGroup, group: bool) -> None:
    User.objects.filter(pk=bob.pk).update(user_permissions={"IsAdmin": "deny"}, group=readers if group else None)
    client = rest(User.objects.get(pk=bob.pk))
    assert reset(client, bob, new_password="new words")[0] == 403
    assert reset(client, bob, new_password="new words", current_password="wrong")[0] == 403
    assert reset(client, bob, new_password="new words", current_password=PASSWORD) == (200, UPDATED)
    other = UserFactory(organisation=bob.organisation)
    assert reset(client, other, new_password="new words", current_password=PASSWORD)[0] == 403


def test_a_key_alone_gives_no_first_password_to_whoever_may_not_see_users(rest: Rest, bob: User) -> None:
    bob.user_permissions = {"apis": "read"}
    bob.set_unusable_password()
    bob.save()
    for present in ({}, {"current_password": ""}, {"current_password": "anything"}):
        assert reset(rest(bob), bob, new_password="new words", **present)[0] == 403
