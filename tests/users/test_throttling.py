"""How often somebody may try."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from apps.core import redis, throttling
from apps.core.redis import own_redis
from apps.core.throttling import Count, TooManyAttempts, count_attempt, ip_count, reset_counts, throttled_ip, uncount
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from apps.users.services.login import authenticate_accounts
from apps.users.views.login import WRONG
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

WORDS = "Too many attempts. Retry in"


@pytest.fixture
def redis_is_away(settings: Settings) -> None:
    """Point at a port where nobody listens."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def login(email: str, password: str = "wrong", **headers: Any) -> Any:
    return Client(**headers).post("/login/", {"username": email, "password": password})


@pytest.mark.parametrize("email", ["bob@example.com", "nobody@example.com"])
def test_it_stops_guessing_whether_the_name_is_known_or_not(settings: Settings, bob: User, email: str) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 3
    assert [login(email).status_code for _ in range(3)] == [200] * 3
    refused = login(email)
    assert refused.status_code == 429
    assert f"{WORDS} 1 seconds." in refused.content.decode()
    assert refused["Retry-After"] == "1"


def test_the_right_password_does_not_help_whoever_has_to_wait(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 2
    assert [login(bob.email).status_code for _ in range(2)] == [200, 200]
    assert login(bob.email, PASSWORD).status_code == 429


def test_how_a_name_is_written_does_not_help(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 2
    assert [login(name).status_code for name in ("bob@example.com", " BOB@example.com")] == [200, 200]
    assert login("Bob@Example.com").status_code == 429


def test_others_go_on(settings: Settings, bob: User, alice: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 1
    login(bob.email)
    assert login(bob.email).status_code == 429
    assert login(alice.email, PASSWORD).status_code == 302


def test_the_right_password_makes_it_forget(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 3
    for _ in range(3):
        assert [login(bob.email).status_code, login(bob.email, PASSWORD).status_code] == [200, 302]


def test_an_account_of_one_s_own_is_no_help_at_another_of_the_same_address(
    settings: Settings, bob: User, organisation_b: Organisation
) -> None:
    settings.ENABLE_MULTI_ORG_USERS, settings.LOGIN_FAILURE_USERNAME_LIMIT = True, 3
    services.create_user(user=User(email=bob.email, organisation=organisation_b), password="known words")
    for _ in range(2):
        assert [login(bob.email).status_code, login(bob.email, "known words").status_code] == [200, 302]
    assert [login(bob.email).status_code, login(bob.email, PASSWORD).status_code] == [200, 429]


def test_a_place_is_limited_whatever_the_names(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_IP_LIMIT = 3
    assert [login(f"{number}@example.com").status_code for number in range(3)] == [200] * 3
    assert login("4@example.com").status_code == 429
    assert login(bob.email, PASSWORD).status_code == 429
    assert login(bob.email, PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_logging_in_rightly_neither_clears_nor_fills_a_place(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_IP_LIMIT = 2
    login("1@example.com")
    assert [login(bob.email, PASSWORD).status_code for _ in range(4)] == [302] * 4
    login("2@example.com")
    assert login("3@example.com").status_code == 429


def test_whoever_waits_does_not_wait_longer_for_trying(settings: Settings) -> None:
    count = Count("test", "somebody", 1)
    settings.LOGIN_FAILURE_EXPIRATION = 2
    count_attempt(count)
    waits, deadline = [], time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            count_attempt(count)
        except TooManyAttempts as error:
            waits.append(error.seconds)
            time.sleep(0.1)
        else:
            break
    assert waits
    assert set(waits) <= {1, 2}
    with pytest.raises(TooManyAttempts):
        count_attempt(count)


def test_no_limit_is_no_limit(settings: Settings) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = settings.LOGIN_FAILURE_IP_LIMIT = 0
    assert {login("nobody@example.com").status_code for _ in range(15)} == {200}


def test_waiting_can_look_like_a_wrong_password(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 1
    settings.HIDE_LOGIN_FAILURE_LIMIT_ERROR = True
    wrong, waiting = login(bob.email), login(bob.email, PASSWORD)
    assert (wrong.status_code, waiting.status_code) == (200, 200)
    assert WRONG in waiting.content.decode()
    assert "Retry" not in waiting.content.decode()
    assert "Retry-After" not in waiting


def test_twenty_at_once_get_no_more_tries_than_one(settings: Settings) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 7

    def is_judged(_: int) -> bool:
        try:
            count_attempt(throttling.name_count("bob@example.com", "192.0.2.1"))
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(is_judged, range(60))) == 7


def let_pass(seconds: float) -> None:
    """Let time pass for what Redis counts."""
    for key in own_redis().scan_iter("weir-throttle:*"):
        own_redis().pexpire(key, max(0, own_redis().pttl(key) - int(seconds * 1000)))


@pytest.mark.parametrize("away", [False, True])
def test_the_wait_doubles_with_each_wrong_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT, settings.LOGIN_FAILURE_EXPIRATION = 3, 20
    count, now = throttling.name_count("bob@example.com", "192.0.2.1"), [time.monotonic()]
    if away:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waits = []
    for _ in range(9):
        count_attempt(count)
        wait = wait_of(count)
        waits.append(wait)
        now[0] += wait
        if not away:
            let_pass(wait)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 20, 20]
    now[0] += 21
    if not away:
        let_pass(21)
    assert [count_attempt(count), wait_of(count)] == [None, 0]  # long ago is forgotten


def wait_of(count: Count) -> int:
    """Give how long one has to wait, without another try."""
    try:
        count_attempt(count)
    except TooManyAttempts as error:
        return error.seconds
    uncount(count)
    return 0


@pytest.mark.parametrize("victim", ["bob@example.com", "nobody@example.com"])
def test_a_stranger_locks_nobody_out(settings: Settings, bob: User, victim: str) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 2
    assert [login(victim, REMOTE_ADDR="203.0.113.9").status_code for _ in range(4)] == [200, 200, 429, 429]
    assert login(bob.email, PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 302
    assert login(victim, REMOTE_ADDR="203.0.113.9").status_code == 429  # which that did not forgive


@pytest.mark.usefixtures("redis_is_away")
def test_without_redis_the_door_is_neither_open_nor_shut(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 2
    assert login(bob.email, PASSWORD).status_code == 302
    assert [login(bob.email).status_code for _ in range(2)] == [200, 200]
    refused = login(bob.email, PASSWORD)
    assert (refused.status_code, WORDS in refused.content.decode()) == (429, True)


@pytest.mark.usefixtures("redis_is_away")
def test_without_redis_it_forgets_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    count = Count("test", "somebody", 2)
    count_attempt(count)
    count_attempt(count)
    uncount(count)
    count_attempt(count)
    with pytest.raises(TooManyAttempts):
        count_attempt(count)
    reset_counts(count)
    count_attempt(count)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + settings.LOGIN_FAILURE_EXPIRATION + 1)
    count_attempt(count)
    count_attempt(count)


def test_redis_holds_no_names(bob: User) -> None:
    login(bob.email)
    keys = [key.decode() for key in redis.own_redis().scan_iter("weir-throttle:*")]
    assert len(keys) == 2
    assert not [key for key in keys if "bob" in key or "127.0.0.1" in key]
    assert all(redis.own_redis().ttl(key) > 0 for key in keys)


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_an_ipv6_network_is_one_place(one: str, another: str, same: bool) -> None:
    assert (ip_count(one) == ip_count(another)) is same


def test_ipv4_clients_of_an_ipv6_socket_are_counted_each(settings: Settings) -> None:
    requests = [RequestFactory().post("/login/", REMOTE_ADDR=f"::ffff:192.0.2.{number}") for number in (1, 2, 1)]
    assert [throttled_ip(request) for request in requests] == ["192.0.2.1", "192.0.2.2", "192.0.2.1"]


def test_nobody_is_counted_where_addresses_are_not_known(settings: Settings) -> None:
    settings.LOGIN_FAILURE_IP_LIMIT = 1
    for number in range(3):
        authenticate_accounts(email=f"{number}@example.com", password="wrong", ip="")


def test_a_proxy_s_word_can_be_left_out_of_the_count(settings: Settings) -> None:
    settings.TRUST_FORWARDED_FOR = True
    request = RequestFactory().post("/login/", headers={"X-Forwarded-For": "203.0.113.9"}, REMOTE_ADDR="192.0.2.1")
    assert throttled_ip(request) == "203.0.113.9"
    settings.LOGIN_DISALLOW_FORWARD_PROXY = True
    assert throttled_ip(request) == "192.0.2.1"


def test_a_session_left_open_is_no_way_to_guess_the_password(
    settings: Settings, browser_of: Callable[[User], Client], bob: User
) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 2
    client = browser_of(bob)
    form = {"old_password": "wrong", "new_password1": "new words", "new_password2": "new words"}
    assert [client.post("/password/", form).status_code for _ in range(2)] == [200, 200]
    refused = client.post("/password/", {**form, "old_password": PASSWORD})
    assert (refused.status_code, WORDS in refused.content.decode()) == (429, True)
    off = client.post("/two-factor/off/", {"password": PASSWORD, "code": "000000"})
    assert (off.status_code, WORDS in off.content.decode()) == (429, True)


def test_neither_is_an_access_key(settings: Settings, rest: Callable[[User], Client], alice: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 1
    path, caller = f"/api/users/{alice.pk}/actions/reset", rest(alice)
    given = {"new_password": "new words", "current_password": "wrong"}
    assert caller.post(path, given).status_code in {400, 401, 403}
    refused = caller.post(path, {**given, "current_password": PASSWORD})
    assert (refused.status_code, WORDS in refused.content.decode()) == (429, True)


def test_a_wrong_present_password_does_not_tell_the_right_one(
    settings: Settings, browser_of: Callable[[User], Client], bob: User
) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 1
    client = browser_of(bob)
    guess = {"old_password": "wrong", "new_password1": PASSWORD, "new_password2": PASSWORD}
    for status in (200, 429):
        answer = client.post("/password/", guess)
        assert (answer.status_code, "used before" in answer.content.decode()) == (status, False)
