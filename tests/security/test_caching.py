"""No browser and no proxy keeps what is for one reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User

pytestmark = pytest.mark.django_db

PAGES = ("/", "/users/", "/audit/", "/profile/", "/staff/", "/staff/users/user/", "/login/", "/nowhere/")
REST = ("/api/users", "/api/users/me", "/api/audit-logs", "/api/audit-logs?download=true&type=csv", "/api/nothing")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_not_stored(browser_of: Callable[[User], Client], dora: User, path: str) -> None:
    for browser in (browser_of(dora), Client()):
        assert "no-store" in browser.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", REST)
def test_neither_are_rest_answers_and_files(rest: Callable[[User], APIClient], alice: User, path: str) -> None:
    for client in (rest(alice), APIClient()):
        assert "no-store" in client.get(path)["Cache-Control"]
    assert "no-store" in rest(alice).post(path, {})["Cache-Control"]
