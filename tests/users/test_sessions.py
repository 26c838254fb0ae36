"""Sessions end when the rules say so."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from apps.users import services
from apps.users.models import User
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


def logged_in(user: User) -> Client:
    client = Client()
    assert client.post("/login/", {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_a_session_ends_when_its_time_is_over(settings: Settings, alice: User) -> None:
    client = logged_in(alice)
    session = client.session
    session["began"] = int(time.time()) - settings.SESSION_LIFETIME - 1
    session.save()
    assert not is_in(client)
    assert client.get("/api/users/me").status_code == 401
    assert client.get("/staff/").status_code == 302
    assert is_in(logged_in(alice))


def test_its_time_does_not_begin_anew_when_it_is_used(alice: User) -> None:
    client = logged_in(alice)
    began = client.session["began"]
    client.post("/profile/sessions/")
    client.post("/profile/", {"first_name": "Alicia", "last_name": "", "time_zone": ""})
    assert client.session["began"] == began


def test_it_ends_when_the_account_is_closed(alice: User) -> None:
    client = logged_in(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not is_in(client)


def test_it_ends_when_somebody_revokes_it(alice: User) -> None:
    client = logged_in(alice)
    services.end_sessions(user=alice)
    assert not is_in(client)


def test_of_two_only_the_own_one_goes_on_after_a_new_password(alice: User) -> None:
    own, other = logged_in(alice), logged_in(alice)
    key = own.session.session_key
    new = "a wholly new one"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert own.post("/password/", form)["Location"] == "/profile/"
    assert (is_in(own), is_in(other)) == (True, False)
    assert own.session.session_key != key


def test_a_person_ends_all_others(alice: User, bob: User) -> None:
    own, others, stranger = logged_in(alice), [logged_in(alice), logged_in(alice)], logged_in(bob)
    assert own.post("/profile/sessions/")["Location"] == "/profile/"
    assert (is_in(own), [is_in(other) for other in others], is_in(stranger)) == (True, [False, False], True)


def test_several_sessions_are_fine_unless_told_otherwise(alice: User) -> None:
    first, second = logged_in(alice), logged_in(alice)
    assert (is_in(first), is_in(second)) == (True, True)


def test_the_newest_stays_where_only_one_may(settings: Settings, alice: User, bob: User) -> None:
    settings.DISABLE_PARALLEL_SESSIONS = True
    stranger = logged_in(bob)
    first, second = logged_in(alice), logged_in(alice)
    assert (is_in(first), is_in(second), is_in(stranger)) == (False, True, True)


def test_a_wrong_password_ends_nobody_s_session(settings: Settings, alice: User) -> None:
    settings.DISABLE_PARALLEL_SESSIONS = True
    client = logged_in(alice)
    Client().post("/login/", {"username": alice.email, "password": "wrong"})
    assert is_in(client)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_begin_at_once_one_stays(settings: Settings, alice: User) -> None:
    settings.DISABLE_PARALLEL_SESSIONS = True

    def begin(_: int) -> Client:
        try:
            return logged_in(alice)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        clients = list(threads.map(begin, range(6)))
    assert sum(is_in(client) for client in clients) == 1


def test_access_keys_are_no_sessions(settings: Settings, alice: User, rest: Callable[..., Client]) -> None:
    caller = rest(alice)
    services.end_sessions(user=alice)
    settings.SESSION_LIFETIME = 1
    assert caller.get("/api/users/me").status_code != 401
