"""Logging in and out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.users import services
from apps.users.models import User
from apps.users.tasks import forget_sessions
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


def test_the_page_asks_for_an_e_mail_address() -> None:
    page = Client().get("/login/").content.decode()
    assert 'type="email"' in page
    assert 'type="password"' in page


@pytest.mark.parametrize("name", ["bob@example.com", "BOB@Example.com", " bob@example.com "])
def test_it_lets_in_whoever_knows_the_password(bob: User, name: str) -> None:
    response = Client().post("/login/", {"username": name, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/home/")
    cookie = response.cookies["authorisation"]
    assert (cookie["samesite"], cookie["httponly"], cookie["path"]) == ("Lax", True, "/")
    bob.refresh_from_db()
    assert bob.last_login


def test_it_goes_on_where_the_visitor_wanted_to_go(alice: User) -> None:
    response = Client().post("/login/?next=/staff/", {"username": alice.email, "password": PASSWORD, "next": "/staff/"})
    assert response["Location"] == "/staff/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_goes_nowhere_else(alice: User, elsewhere: str) -> None:
    response = Client().post("/login/", {"username": alice.email, "password": PASSWORD, "next": elsewhere})
    assert response["Location"] == "/home/"


@pytest.mark.parametrize(("name", "password"), [("bob@example.com", "wrong"), ("who@example.com", PASSWORD), ("", "")])
def test_it_does_not_tell_which_of_the_two_was_wrong(bob: User, name: str, password: str) -> None:
    page = Client().post("/login/", {"username": name, "password": password})
    assert page.status_code == 200
    assert "E-mail address or password is wrong" in page.content.decode()


def test_it_keeps_inactive_people_out(bob: User) -> None:
    services.change_user(user=bob, changes={"is_active": False})
    assert Client().post("/login/", {"username": bob.email, "password": PASSWORD}).status_code == 200


def test_it_keeps_people_without_password_out(bob: User) -> None:
    bob.set_unusable_password()
    bob.save()
    assert Client().post("/login/", {"username": bob.email, "password": "!"}).status_code == 200


def test_whoever_is_in_goes_on(browser_of: BrowserOf, bob: User) -> None:
    assert browser_of(bob).get("/login/")["Location"] == "/home/"


def test_a_new_password_ends_open_sessions(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    assert client.get("/staff/").status_code == 200
    services.set_password(user=alice, password="new words")
    assert client.get("/staff/", follow=True).redirect_chain[-1][0] == "/login/?next=/staff/"


def test_logging_out_ends_the_session(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/staff/", follow=True).redirect_chain[-1][0] == "/login/?next=/staff/"


def test_cookies_are_for_https_where_told_so(settings: Settings, bob: User) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = Client().post("/login/", {"username": bob.email, "password": PASSWORD})
    assert response.cookies["authorisation"]["secure"]


def test_sessions_that_are_over_are_forgotten(browser_of: BrowserOf, alice: User, bob: User) -> None:
    browser_of(alice)
    browser_of(bob)
    Session.objects.filter(pk=Session.objects.all()[0].pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_sessions()
    assert Session.objects.count() == 1
