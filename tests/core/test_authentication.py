"""Who may come in to REST endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.users import services
from apps.users.models import AccessKey, User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]

UNAUTHORISED = {"Status": "Error", "Message": "Not authorised", "Meta": None}


@pytest.mark.parametrize("spelling", ["{}", "Bearer {}", "bearer {}", " {} "])
def test_it_takes_an_access_key_bare_or_as_bearer(alice: User, spelling: str) -> None:
    key = services.reset_access_key(user=alice)
    response = APIClient().get("/api/people", headers={"Authorization": spelling.format(key)})
    assert response.status_code == 200
    assert [person["email"] for person in response.json()["people"]] == ["alice@example.com"]


@pytest.mark.parametrize("header", ["", "Bearer ", "0" * 32, "Bearer " + "0" * 32, "Basic YTpi", "\x00"])
def test_it_refuses_whoever_has_no_valid_key(alice: User, header: str) -> None:
    services.reset_access_key(user=alice)
    response = APIClient().get("/api/people", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.json() == UNAUTHORISED
    assert response["WWW-Authenticate"] == "Bearer"


def test_it_refuses_the_key_of_an_inactive_user(rest: Callable[..., APIClient], alice: User) -> None:
    client = rest(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/api/people").status_code == 401


def test_it_refuses_the_digest_in_place_of_the_key(alice: User) -> None:
    services.reset_access_key(user=alice)
    response = APIClient().get("/api/people", headers={"Authorization": alice.access_key.digest})
    assert response.status_code == 401


def test_it_refuses_a_key_that_was_replaced(rest: Callable[..., APIClient], alice: User) -> None:
    old = rest(alice)
    services.reset_access_key(user=alice)
    assert old.get("/api/people").status_code == 401


def test_it_takes_a_session_where_there_is_no_key(browser_of: Callable[[User], Client], bob: User) -> None:
    client = browser_of(bob)
    assert "authorisation" in client.cookies
    assert client.get("/api/people").status_code == 200


def test_a_bad_key_is_refused_even_with_a_session(browser_of: Callable[[User], Client], bob: User) -> None:
    assert browser_of(bob).get("/api/people", headers={"Authorization": "wrong"}).status_code == 401


def test_a_session_cannot_write_without_the_form_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post("/api/people", {"email": "x"}, content_type="text/plain")
    assert response.status_code == 403
    assert response.json()["Message"].startswith("access denied: CSRF Failed")


def test_a_session_ends_when_its_user_is_made_inactive(browser_of: Callable[[User], Client], bob: User) -> None:
    client = browser_of(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.get("/api/people").status_code == 401


@pytest.mark.django_db(transaction=True)  # it is noted when the transaction is over
def test_it_notes_when_a_key_was_used_to_the_minute(rest: Callable[..., APIClient], alice: User) -> None:
    client = rest(alice)
    client.get("/api/people")
    first = AccessKey.objects.get(user=alice).last_used_at
    assert first
    assert timezone.now() - first < timedelta(seconds=30)
    client.get("/api/people")
    assert AccessKey.objects.get(user=alice).last_used_at == first


@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/"])
def test_it_takes_the_admin_secret_under_admin(settings: Settings, alice: User, charlie: User, path: str) -> None:
    settings.ADMIN_SECRET = "12345"
    response = APIClient().get(path, headers={"admin-auth": "12345", "Authorization": "ignored"})
    assert response.status_code == 200
    assert len(response.json()["people"]) == 2


@pytest.mark.parametrize(
    ("secret", "given"), [("12345", "1234"), ("12345", None), ("", ""), ("", None), ("12345", "é")]
)
def test_it_refuses_a_wrong_admin_secret(settings: Settings, secret: str, given: str | None) -> None:
    settings.ADMIN_SECRET = secret
    response = APIClient().get("/admin/people", headers={"admin-auth": given} if given is not None else {})
    assert response.status_code == 401
    assert response.json() == UNAUTHORISED


def test_it_refuses_an_access_key_under_admin(settings: Settings, rest: Callable[..., APIClient], dora: User) -> None:
    settings.ADMIN_SECRET = "12345"
    assert rest(dora).get("/admin/people").status_code == 401


def test_the_admin_secret_opens_nothing_else(settings: Settings) -> None:
    settings.ADMIN_SECRET = "12345"
    assert APIClient().get("/api/people", headers={"admin-auth": "12345"}).status_code == 401
