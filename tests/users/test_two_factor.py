"""Second factors: set up, asked for, used once, demanded by an organisation, removed."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.core.encryption import decrypt
from apps.core.throttling import CODE_LIMIT, TooManyAttempts
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import RecoveryCode, TwoFactor, User
from apps.users.services import AccessDenied
from apps.users.services.sessions import PROVIDER
from apps.users.services.two_factor import AlreadySetUp, WrongCode, check_code, set_up_two_factor
from apps.users.totp import matching_step, new_recovery_code, new_seed, recovery_code_digest
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


def code_at(seed: str, seconds: float = 0) -> str:
    """Give the code a device shows now, or some seconds from now."""
    return pyotp.TOTP(seed).at(timezone.now() + timedelta(seconds=seconds))


def shown_codes(page: bytes) -> list[str]:
    return re.findall(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", page.decode())


def set_up(user: User) -> tuple[str, list[str]]:
    """Give a user a second factor whose present code is unused; gives the seed and the recovery codes."""
    seed = new_seed()
    codes = set_up_two_factor(user=user, seed=seed, code=code_at(seed))
    TwoFactor.objects.update(last_step=0)
    return seed, codes


def credentials(client: Client, user: User, **more: str) -> str:
    return client.post("/login/", {"username": user.email, "password": PASSWORD, **more})["Location"]


def enter(client: Client, code: str) -> Any:
    return client.post("/login/code/", {"code": code})


def user_of(client: Client) -> str | None:
    return client.session.get(SESSION_KEY)


# Setting up ---------------------------------------------------------------------------------------


def test_a_person_sets_it_up_with_a_code(browser_of: BrowserOf, bob: User) -> None:
    client, other = browser_of(bob), browser_of(bob)
    page = client.get("/two-factor/")
    seed = page.context["seed"].replace(" ", "")
    assert page.context["picture"].startswith("data:image/svg+xml")
    assert client.post("/two-factor/", {"code": "000000"}).status_code == 200
    assert not TwoFactor.objects.exists()
    assert client.get("/two-factor/").context["seed"].replace(" ", "") == seed
    answer = client.post("/two-factor/", {"code": code_at(seed)})
    codes = shown_codes(answer.content)
    assert len(set(codes)) == 10
    assert "no-store" in answer["Cache-Control"]
    assert client.get("/profile/").status_code == 200
    assert "10 recovery codes left" in client.get("/profile/").content.decode()
    assert other.get("/profile/").status_code == 302
    assert client.get("/two-factor/")["Location"] == "/profile/"


def test_neither_seed_nor_codes_can_be_read_in_the_database(bob: User) -> None:
    seed, codes = set_up(bob)
    device = TwoFactor.objects.get()
    assert seed not in device.sealed_seed
    assert decrypt(device.sealed_seed) == seed
    assert set(RecoveryCode.objects.values_list("digest", flat=True)) == {recovery_code_digest(code) for code in codes}
    assert not [record for record in AuditRecord.objects.all() if seed in record.diff or codes[0] in record.diff]


def test_the_session_does_not_show_the_seed_either(browser_of: BrowserOf, bob: User) -> None:
    client = browser_of(bob)
    seed = client.get("/two-factor/").context["seed"].replace(" ", "")
    assert seed not in str(dict(client.session.items()))


def test_it_is_not_set_up_twice(bob: User) -> None:
    set_up(bob)
    seed = new_seed()
    with pytest.raises(AlreadySetUp):
        set_up_two_factor(user=bob, seed=seed, code=code_at(seed))


# Logging in ---------------------------------------------------------------------------------------


def test_it_asks_for_a_code_after_the_password(bob: User) -> None:
    seed, _ = set_up(bob)
    client = Client()
    assert credentials(client, bob, next="/profile/") == "/login/code/"
    assert bob.email in client.get("/login/code/").content.decode()
    assert enter(client, code_at(seed))["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200


def test_between_password_and_code_nothing_opens(bob: User) -> None:
    set_up(bob)
    before = User.objects.get(pk=bob.pk).last_login
    client = Client()
    credentials(client, bob)
    assert user_of(client) is None
    for path in ("/", "/profile/", "/two-factor/", "/password/", "/profile/access-key/"):
        assert client.get(path)["Location"].startswith("/login/"), path
    assert client.post("/profile/access-key/").status_code == 302
    assert client.get("/api/users/me").status_code == 401
    assert User.objects.get(pk=bob.pk).last_login == before


def test_the_password_alone_ends_nobody_s_session(settings: Settings, bob: User) -> None:
    settings.DISABLE_PARALLEL_SESSIONS = True
    seed, _ = set_up(bob)
    inside = Client()
    credentials(inside, bob)
    enter(inside, code_at(seed))
    credentials(Client(), bob)
    assert inside.get("/profile/").status_code == 200


def test_a_session_that_came_about_without_a_code_opens_nothing(browser_of: BrowserOf, bob: User) -> None:
    set_up(bob)
    client = browser_of(bob)
    assert client.get("/profile/", follow=True).redirect_chain[-1][0] == "/login/?next=/profile/"
    assert client.get("/api/users/me").status_code == 401


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "abcdef", "１２３４５６", "0" * 40, "\0"])
def test_it_refuses_other_codes(bob: User, wrong: str) -> None:
    set_up(bob)
    client = Client()
    credentials(client, bob)
    assert enter(client, wrong).status_code == 200
    assert user_of(client) is None


def test_nobody_enters_a_code_without_credentials(bob: User) -> None:
    seed, _ = set_up(bob)
    client = Client()
    assert enter(client, code_at(seed))["Location"] == "/login/"
    assert user_of(client) is None


def test_a_code_works_once(bob: User) -> None:
    seed, _ = set_up(bob)
    code = code_at(seed)
    check_code(user=bob, code=code)
    with pytest.raises(WrongCode):
        check_code(user=bob, code=code)


def test_a_code_older_than_the_last_used_is_used_up_too(bob: User) -> None:
    seed, _ = set_up(bob)
    check_code(user=bob, code=code_at(seed))
    with pytest.raises(WrongCode):
        check_code(user=bob, code=code_at(seed, -30))
    check_code(user=bob, code=code_at(seed, 30))


def test_the_code_of_the_set_up_is_used_up() -> None:
    bob, seed = UserFactory(), new_seed()
    code = code_at(seed)
    set_up_two_factor(user=bob, seed=seed, code=code)
    with pytest.raises(WrongCode):
        check_code(user=bob, code=code)


@pytest.mark.parametrize(("seconds", "is_right"), [(0, True), (-30, True), (30, True), (-90, False), (90, False)])
def test_a_clock_may_be_a_little_wrong(seconds: int, is_right: bool) -> None:
    seed = new_seed()
    assert (matching_step(seed, code_at(seed, seconds)) is not None) is is_right


def test_a_code_may_be_written_with_a_blank(bob: User) -> None:
    seed, _ = set_up(bob)
    code = code_at(seed)
    check_code(user=bob, code=f" {code[:3]} {code[3:]} ")


def test_five_wrong_codes_are_enough(settings: Settings, bob: User) -> None:
    settings.LOGIN_FAILURE_USERNAME_LIMIT = 0  # which is for passwords
    seed, codes = set_up(bob)
    client = Client()
    credentials(client, bob)
    assert [enter(client, "000000").status_code for _ in range(CODE_LIMIT)] == [200] * CODE_LIMIT
    for right in (code_at(seed), codes[0]):
        refused = enter(client, right)
        assert (refused.status_code, "Retry in" in refused.content.decode()) == (429, True)
    again = Client()
    credentials(again, bob)  # begins anew, and is still counted
    assert enter(again, code_at(seed)).status_code == 429
    with pytest.raises(TooManyAttempts):
        check_code(user=bob, code=codes[0])


def test_the_code_of_one_is_nothing_for_another(bob: User, alice: User) -> None:
    seed, codes = set_up(bob)
    set_up(alice)
    for code in (code_at(seed), codes[0]):
        with pytest.raises(WrongCode):
            check_code(user=alice, code=code)
    assert RecoveryCode.objects.filter(user=bob).count() == 10


# Recovery codes -----------------------------------------------------------------------------------


def test_a_recovery_code_works_once(bob: User) -> None:
    _, codes = set_up(bob)
    client = Client()
    credentials(client, bob)
    assert enter(client, codes[3].upper().replace("-", " "))["Location"] == "/home/"
    client = Client()
    credentials(client, bob)
    assert enter(client, codes[3]).status_code == 200
    assert RecoveryCode.objects.filter(user=bob).count() == 9
    assert AuditRecord.objects.filter(diff="", action="Use Recovery Code").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_recovery_code_one_comes_in(bob: User) -> None:
    _, codes = set_up(bob)
    assert sum(_at_once(bob, codes[0])) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_code_of_the_device_one_comes_in(bob: User) -> None:
    seed, _ = set_up(bob)
    assert sum(_at_once(bob, code_at(seed))) == 1


def _at_once(user: User, code: str) -> list[bool]:
    """Enter a code in four browsers at once; tell which of them came in."""
    clients = [Client() for _ in range(4)]
    for client in clients:
        credentials(client, user)

    def comes_in(client: Client) -> bool:
        try:
            return bool(enter(client, code).status_code == 302)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(comes_in, clients))


def test_new_recovery_codes_end_the_old_ones(bob: User) -> None:
    seed, old = set_up(bob)
    client = Client()
    credentials(client, bob)
    enter(client, old[0])
    assert client.post("/two-factor/codes/", {"code": "000000"}).status_code == 200
    assert RecoveryCode.objects.filter(user=bob).count() == 9
    new = shown_codes(client.post("/two-factor/codes/", {"code": code_at(seed)}).content)
    assert len(set(new) - set(old)) == 10
    with pytest.raises(WrongCode):
        check_code(user=bob, code=old[1])
    check_code(user=bob, code=new[1])


def test_recovery_codes_are_not_alike() -> None:
    codes = {new_recovery_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {19}


def test_they_still_work_when_the_seed_cannot_be_read_any_more(bob: User) -> None:
    seed, codes = set_up(bob)
    TwoFactor.objects.update(sealed_seed="from another key")
    with pytest.raises(WrongCode):
        check_code(user=bob, code=code_at(seed))
    check_code(user=bob, code=codes[0])


# Switching off ------------------------------------------------------------------------------------


def test_it_is_switched_off_with_password_and_code(bob: User) -> None:
    seed, codes = set_up(bob)
    client = Client()
    credentials(client, bob)
    enter(client, codes[0])
    for password, code in (("wrong", code_at(seed)), (PASSWORD, "000000"), ("", ""), (PASSWORD, "")):
        assert client.post("/two-factor/off/", {"password": password, "code": code}).status_code == 200
        assert TwoFactor.objects.exists()
    answer = client.post("/two-factor/off/", {"password": PASSWORD, "code": code_at(seed)})
    assert answer["Location"] == "/profile/"
    assert (TwoFactor.objects.exists(), RecoveryCode.objects.exists()) == (False, False)
    assert client.get("/profile/").status_code == 200
    assert credentials(Client(), bob) == "/home/"


def test_an_administrator_removes_it_for_who_is_locked_out(alice: User, bob: User, charlie: User) -> None:
    set_up(bob)
    with pytest.raises(AccessDenied):
        services.remove_two_factor(user=bob, actor=charlie)
    assert TwoFactor.objects.exists()
    services.remove_two_factor(user=bob, actor=alice)
    assert (TwoFactor.objects.exists(), RecoveryCode.objects.exists()) == (False, False)
    record = AuditRecord.objects.get(action="Remove Second Factor")
    assert (record.subject, record.organisation) == (bob.pk, bob.organisation_id)
    assert record.changes == {f"user/{bob.pk}": {"two_factor": [True, False]}}


def test_it_is_removed_on_the_staff_site(browser_of: BrowserOf, alice: User, bob: User, dora: User) -> None:
    set_up(bob)
    set_up(alice)
    staff = Client()
    credentials(staff, alice)
    enter(staff, code_at(decrypt(alice.two_factor.sealed_seed)))
    form = {"action": "remove_second_factor", "_selected_action": [bob.pk, alice.pk, dora.pk]}
    page = staff.post("/staff/users/user/", form, follow=True).content.decode()
    assert "ob@example.com logs in without a code now." in page  # the first letter is a capital in messages
    assert "Switch off your own two-factor log-in on your profile page." in page
    assert list(TwoFactor.objects.values_list("user", flat=True)) == [alice.pk]


def test_nobody_removes_their_own_without_a_code(alice: User) -> None:
    set_up(alice)
    with pytest.raises(AccessDenied):
        services.remove_two_factor(user=alice, actor=alice)
    assert TwoFactor.objects.exists()


# TwoFactorRequired by the organisation ---------------------------------------------------------------------


@pytest.fixture
def demanding(organisation_a: Organisation) -> Organisation:
    """Organisation A, which wants second factors."""
    organisation_a.require_two_factor = True
    organisation_a.save()
    return organisation_a


@pytest.mark.usefixtures("demanding")
def test_whoever_has_none_sets_it_up_before_anything_else(
    alice: User, rest: Callable[[User], APIClient], charlie: User
) -> None:
    client = Client()
    assert credentials(client, alice, next="/staff/") == "/two-factor/?next=/staff/"
    for path in ("/", "/staff/", "/profile/", "/password/", "/two-factor/codes/", "/two-factor/off/", "/login/"):
        assert client.get(path, follow=True).redirect_chain[-1][0].startswith("/two-factor/"), path
    assert client.post("/profile/access-key/").status_code == 302
    assert client.get("/api/users/me").status_code == 401
    assert rest(alice).get("/api/users/me").status_code != 401
    seed = client.get("/two-factor/?next=/staff/").context["seed"].replace(" ", "")
    answer = client.post("/two-factor/", {"code": code_at(seed), "next": "/staff/"})
    assert (len(shown_codes(answer.content)), answer.context["onward"]) == (10, "/staff/")
    assert client.get("/staff/").status_code == 200
    assert credentials(Client(), charlie) == "/home/"  # of another organisation


@pytest.mark.usefixtures("demanding")
def test_it_cannot_be_switched_off_there(bob: User) -> None:
    seed, codes = set_up(bob)
    client = Client()
    credentials(client, bob)
    enter(client, codes[0])
    answer = client.post("/two-factor/off/", {"password": PASSWORD, "code": code_at(seed)})
    assert "asks for two-factor" in answer.content.decode()
    assert TwoFactor.objects.exists()


def test_it_reaches_who_is_in_already(browser_of: BrowserOf, alice: User, request: pytest.FixtureRequest) -> None:
    client = browser_of(alice)
    assert client.get("/profile/").status_code == 200
    request.getfixturevalue("demanding")
    assert client.get("/profile/", follow=True).redirect_chain[-1][0] == "/two-factor/?next=/profile/"


@pytest.mark.usefixtures("demanding")
def test_first_the_password_then_the_second_factor(alice: User) -> None:
    alice.must_change_password = True
    alice.save()
    client, new = Client(), "a wholly new one"
    assert credentials(client, alice, next="/staff/") == "/password/?next=/staff/"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new, "next": "/staff/"}
    assert client.post("/password/", form)["Location"] == "/two-factor/?next=/staff/"
    assert client.get("/staff/").status_code == 302


@pytest.mark.usefixtures("demanding")
def test_an_identity_provider_vouches_for_whom_it_sends(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    session = client.session
    session["second_factor"] = PROVIDER
    session.save()
    assert client.get("/staff/").status_code == 200


def test_switching_to_an_account_with_one_asks_for_its_code(
    settings: Settings, bob: User, organisation_b: Organisation
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = True
    there = UserFactory.build(email=bob.email, organisation=organisation_b)
    there.set_password(PASSWORD)
    there.save()
    seed, _ = set_up(there)
    client = Client()
    credentials(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    assert client.post("/profile/organisation/", {"account": there.pk})["Location"] == "/login/code/"
    assert user_of(client) == bob.pk
    assert enter(client, "000000").status_code == 200
    assert user_of(client) == bob.pk
    assert enter(client, code_at(seed))["Location"] == "/home/"
    assert user_of(client) == there.pk


@pytest.mark.usefixtures("demanding")
def test_switching_to_an_organisation_that_demands_one_leads_to_the_set_up(
    settings: Settings, bob: User, organisation_b: Organisation
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = True
    there = UserFactory.build(email=bob.email, organisation=organisation_b)
    there.set_password(PASSWORD)
    there.save()
    client = Client()
    credentials(client, bob)
    assert client.post("/login/organisation/", {"account": there.pk})["Location"] == "/home/"
    assert client.post("/profile/organisation/", {"account": bob.pk})["Location"] == "/two-factor/?next=/home/"
    assert client.get("/profile/").status_code == 302
