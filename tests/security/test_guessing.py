"""Wrong admin secrets and access keys are throttled by address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.users.models import User

pytestmark = pytest.mark.django_db

SECRET = "the admin secret"


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    """Let three be wrong."""
    settings.ADMIN_SECRET, settings.LOGIN_FAILURE_USERNAME_LIMIT, settings.LOGIN_FAILURE_IP_LIMIT = SECRET, 3, 3


def ask(path: str, address: str = "203.0.113.9", **headers: str) -> Any:
    return APIClient(REMOTE_ADDR=address).get(path, headers=headers)


def test_wrong_admin_secrets_ask_for_a_wait_in_which_the_right_one_does_not_help() -> None:
    tries = [ask("/admin/organisations", **{"admin-auth": f"guess {number}"}).status_code for number in range(5)]
    assert tries == [401, 401, 401, 429, 429]
    refused = ask("/admin/organisations", **{"admin-auth": SECRET})
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    assert refused.json()["Status"] == "Error"
    assert ask("/admin/organisations", "192.0.2.1", **{"admin-auth": SECRET}).status_code == 200


def test_the_right_admin_secret_forgives_and_none_at_all_is_not_counted() -> None:
    for _ in range(3):
        assert ask("/admin/organisations", **{"admin-auth": "guess"}).status_code == 401
        assert ask("/admin/organisations", **{"admin-auth": "guess"}).status_code == 401
        assert ask("/admin/organisations", **{"admin-auth": SECRET}).status_code == 200
    assert {ask("/admin/organisations").status_code for _ in range(9)} == {401}


def test_wrong_access_keys_are_throttled_and_right_ones_of_the_same_address_go_on(
    rest: Callable[[User], APIClient], alice: User
) -> None:
    client = rest(alice)
    tries = [ask("/api/users", authorization="0" * 32).status_code for _ in range(5)]
    assert tries == [401, 401, 401, 429, 429]
    assert ask("/api/users", "192.0.2.1", authorization="0" * 32).status_code == 401
    assert client.get("/api/users", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_who_is_throttled_is_nobody_though_a_session_came_along(browser_of: Callable[[User], Any], alice: User) -> None:
    browser = browser_of(alice)
    answers = [browser.get("/api/users/me", headers={"authorization": "0" * 32}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert not answers[-1].wsgi_request.user.is_authenticated
