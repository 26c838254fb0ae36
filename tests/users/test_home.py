"""Where people come to after they logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.organisations.models import Organisation
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("permissions", "page"),
    [
        ({"IsAdmin": "admin"}, "/"),
        ({"analytics": "read", "users": "read"}, "/"),
        ({"users": "write"}, "/users/"),
        ({"user_groups": "read", "audit_logs": "read"}, "/groups/"),
        ({"audit_logs": "read"}, "/audit/"),
        ({"keys": "read"}, "/profile/"),
    ],
)
def test_it_is_the_first_page_that_is_permitted(
    browser_of: Callable[..., Client], organisation_a: Organisation, permissions: dict[str, str], page: str
) -> None:
    browser = browser_of(UserFactory(organisation=organisation_a, user_permissions=permissions))
    assert browser.get("/home/")["Location"] == page
    assert browser.get(page).status_code == 200


def test_visitors_login_first(db: None) -> None:
    assert Client().get("/home/")["Location"] == "/login/?next=/home/"
