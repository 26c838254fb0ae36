"""Wrong codes of a second factor are forgotten by a code of that factor and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from apps.core.encryption import encrypt
from apps.core.throttling import CODE_LIMIT, TooManyAttempts
from apps.users.models import TwoFactor, User
from apps.users.services.sessions import CODE, SECOND_FACTOR
from apps.users.services.two_factor import AlreadySetUp, WrongCode, check_code, remove_two_factor, set_up_two_factor
from apps.users.totp import new_seed
from apps.users.views.two_factor import SEED

pytestmark = pytest.mark.django_db

OWN = new_seed()


def code_of(seed: str) -> str:
    return pyotp.TOTP(seed).at(timezone.now())


@pytest.fixture
def guarded(bob: User) -> User:
    """Bob with a second factor."""
    set_up_two_factor(user=bob, seed=OWN, code=code_of(OWN))
    TwoFactor.objects.update(last_step=0)
    return User.objects.get(pk=bob.pk)


def guess(user: User, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            check_code(user=user, code="000000")


def test_a_fresh_seed_forgives_no_wrong_code(browser_of: Callable[[User], Client], guarded: User) -> None:
    browser, fresh = browser_of(guarded), new_seed()
    guess(guarded, CODE_LIMIT)
    session = browser.session
    session[SEED], session[SECOND_FACTOR] = encrypt(fresh), CODE
    session.save()
    assert browser.post("/two-factor/", {"code": code_of(fresh)})["Location"] == "/profile/"
    with pytest.raises(TooManyAttempts):
        check_code(user=guarded, code=code_of(OWN))


def test_set_up_refuses_before_it_looks_at_a_code(guarded: User) -> None:
    for code in ("000000", "") * CODE_LIMIT:
        with pytest.raises(AlreadySetUp):
            set_up_two_factor(user=guarded, seed=new_seed(), code=code)
    check_code(user=guarded, code=code_of(OWN))


def test_a_factor_that_was_removed_and_set_up_again_does_not_forgive(guarded: User) -> None:
    guess(guarded, CODE_LIMIT)
    remove_two_factor(user=guarded)
    guarded = User.objects.get(pk=guarded.pk)
    set_up_two_factor(user=guarded, seed=OWN, code=code_of(OWN))
    TwoFactor.objects.update(last_step=0)
    with pytest.raises(TooManyAttempts):
        check_code(user=guarded, code=code_of(OWN))


def test_set_up_is_throttled_too(bob: User) -> None:
    for _ in range(CODE_LIMIT):
        with pytest.raises(WrongCode):
            set_up_two_factor(user=bob, seed=OWN, code="000000")
    with pytest.raises(TooManyAttempts):
        set_up_two_factor(user=bob, seed=OWN, code=code_of(OWN))
