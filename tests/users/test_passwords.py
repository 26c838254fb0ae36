"""What a password must be like, how long it lasts, and what was one is not one again."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.forms import SetPasswordForm
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some
from pytest_django.fixtures import Settings

from apps.users import services
from apps.users.checks import check_settings
from apps.users.models import OldPassword, User, UserGroup
from apps.users.password_policy import PasswordPolicy, expires_at, is_expired, is_sequential, password_problems
from apps.users.services import PasswordRefused
from apps.users.services.passwords import reset_code, reset_password
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

STRICT = PasswordPolicy(min_length=8, multi_case=True, min_numeric=2, min_special=2, disable_sequential=True)
LENGTH, CASES, DIGITS, SPECIALS, SEQUENCE = STRICT.descriptions()
characters = some.one_of(some.sampled_from("abcxyzABC012789!?# "), some.characters(codec="utf-8"))


def oracle(rules: PasswordPolicy, password: str) -> list[str]:
    """Judge a password as a person reading the rules would."""
    broken = []
    if len(password) < rules.min_length:
        broken.append(LENGTH)
    if password == password.upper() or password == password.lower():
        broken.append(CASES)
    if len([one for one in password if one in string.digits]) < rules.min_numeric:
        broken.append(DIGITS)
    if len([one for one in password if one not in string.ascii_letters + string.digits]) < rules.min_special:
        broken.append(SPECIALS)
    runs = [*(string.ascii_lowercase[at : at + 3] for at in range(24)), *("0123456789"[at : at + 3] for at in range(8))]
    lowered = password.lower()
    repeated = any(one * 3 in lowered for one in set(lowered))
    if repeated or any(run in lowered or run[::-1] in lowered for run in runs):
        broken.append(SEQUENCE)
    return broken


@given(some.text(alphabet=string.printable, max_size=14) | some.text(alphabet="abcABC0129!?", max_size=14))
def test_the_rules_are_what_they_say(password: str) -> None:
    assert STRICT.violations(password) == oracle(STRICT, password)


@given(some.text(alphabet=characters, max_size=20))
def test_a_longer_password_breaks_no_more_rules_of_what_it_needs(password: str) -> None:
    needs = PasswordPolicy(min_length=8, multi_case=True, min_numeric=2, min_special=2)
    assert set(needs.violations(password + "A9!")) <= set(needs.violations(password))


@given(some.text(alphabet=characters, max_size=10), some.text(alphabet=characters, max_size=10))
def test_what_is_sequential_stays_so_inside_of_more(before: str, after: str) -> None:
    for run in ("abc", "CBA", "123", "xxx", "!!!", "aBc"):
        assert is_sequential(before + run + after)


@pytest.mark.parametrize(
    ("password", "answer"),
    [("abc", True), ("321", True), ("zzz", True), ("ab", False), ("abd", False), ("890", False), ("/01", False),
     ("aab", False), ("@AB", False), ("()*", False), ("", False)],
)  # fmt: skip
def test_three_in_sequence(password: str, answer: bool) -> None:
    assert is_sequential(password) is answer


@pytest.mark.parametrize("least", [0, 3, 6])
def test_nothing_shorter_than_six_is_a_password(settings: Settings, least: int) -> None:
    settings.PASSWORD_MIN_LENGTH = least
    assert password_problems("12345") == ["It needs at least 6 characters."]
    assert password_problems("123456") == []


@pytest.mark.parametrize(
    ("name", "value", "password", "text"),
    [
        ("PASSWORD_MIN_LENGTH", 9, "12345678", "It needs at least 9 characters."),
        ("PASSWORD_MULTI_CASE", True, "lower case", "It needs upper and lower case letters."),
        ("PASSWORD_MIN_NUMERIC", 1, "no digit", "It needs at least one digit."),
        ("PASSWORD_MIN_NUMERIC", 4, "12 and 3", "It needs at least 4 digits."),
        ("PASSWORD_MIN_SPECIAL", 2, "only one", "It needs at least two characters other than letters and digits."),
        (
            "PASSWORD_DISABLE_SEQUENTIAL",
            True,
            "1 abc 2",
            "It may not have three characters in sequence or repeated, like abc, 321 or xxx.",
        ),
    ],
)
def test_each_rule_is_a_setting(settings: Settings, name: str, value: Any, password: str, text: str) -> None:
    assert password_problems(password) == []
    setattr(settings, name, value)
    assert password_problems(password) == [text]


def test_the_rules_of_an_older_dashboard_go_before_the_settings(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "password.json"
    file.write_text(json.dumps({"title": "Password", "type": "string", "minLength": 8, "minNumeric": 2}))
    settings.PASSWORD_RULES_FILE, settings.PASSWORD_MULTI_CASE = str(file), True
    assert password_problems("short") == ["It needs at least 8 characters.", "It needs at least two digits."]
    assert check_settings(None) == []


@pytest.mark.parametrize("content", [None, "{", "[]", '{"minLength": "many"}', '{"minLength": null}'])
def test_a_file_that_is_none_is_told_at_start(settings: Settings, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "rules.json"
    if content is not None:
        file.write_text(content)
    settings.PASSWORD_RULES_FILE = str(file)
    assert [message.id for message in check_settings(None)] == ["users.E002"]


def test_numbers_below_nothing_are_told_at_start(settings: Settings) -> None:
    settings.ENFORCE_PASSWORD_HISTORY = -1
    assert [message.id for message in check_settings(None)] == ["users.E001"]


def test_django_s_own_forms_hold_to_the_rules(settings: Settings) -> None:
    settings.PASSWORD_MIN_NUMERIC = 1
    form = SetPasswordForm(UserFactory.build(), {"new_password1": "no digit", "new_password2": "no digit"})
    assert form.errors == {"new_password2": ["It needs at least one digit."]}


@pytest.mark.django_db
def test_createsuperuser_holds_to_the_rules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.PASSWORD_MIN_NUMERIC = 1
    words = iter(["no digit", "no digit", "1 digit", "1 digit"])
    monkeypatch.setattr("getpass.getpass", lambda *_: next(words))
    monkeypatch.setattr("builtins.input", lambda *_: "n")  # do not bypass validation
    call_command("createsuperuser", "--email", "root@example.com", stdin=Keyboard())
    assert "It needs at least one digit." in capsys.readouterr().err
    assert User.objects.get().check_password("1 digit")


class Keyboard:
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.django_db
def test_the_present_password_is_never_a_new_one(bob: User) -> None:
    with pytest.raises(PasswordRefused, match="It was used before") as refusal:
        services.set_password(user=bob, password=PASSWORD)
    assert refusal.value.problems == ["It was used before."]
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert not OldPassword.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("remembered", [1, 2, 3])
def test_the_last_so_many_are_remembered(bob: User, settings: Settings, remembered: int) -> None:
    settings.ENFORCE_PASSWORD_HISTORY = remembered
    had = [PASSWORD]
    for number in range(4):
        had.append(f"password {number}")
        services.set_password(user=bob, password=had[-1])
        assert [word for word in had if password_problems(word, bob)] == had[-remembered:]
    assert OldPassword.objects.filter(user=bob).count() == remembered - 1
    assert not OldPassword.objects.filter(password__contains="password ").exists()


@pytest.mark.django_db
def test_the_history_of_others_does_not_matter(alice: User, bob: User, settings: Settings) -> None:
    settings.ENFORCE_PASSWORD_HISTORY = 5
    services.set_password(user=bob, password="only his")
    services.set_password(user=alice, password="only his")


@pytest.mark.django_db
def test_a_shorter_history_forgets(bob: User, settings: Settings) -> None:
    settings.ENFORCE_PASSWORD_HISTORY = 4
    for number in range(4):
        services.set_password(user=bob, password=f"password {number}")
    settings.ENFORCE_PASSWORD_HISTORY = 0
    services.set_password(user=bob, password="the last one")
    assert not OldPassword.objects.exists()


@pytest.mark.django_db
def test_a_refused_password_makes_no_account(alice: User) -> None:
    with pytest.raises(PasswordRefused):
        services.create_user(user=User(email="e@example.com", organisation=alice.organisation), password="short")
    assert User.objects.get() == alice


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "group", "is_active", "site", "days"),
    [(0, 0, True, 0, None), (0, 0, True, 9, 9), (0, 7, True, 9, 7), (0, 7, False, 9, 9), (3, 7, True, 9, 3),
     (10**9, 0, True, 0, 36_500)],
)  # fmt: skip
def test_a_password_lasts_as_long_as_user_group_or_site_say(
    bob: User, settings: Settings, own: int, group: int, is_active: bool, site: int, days: int | None
) -> None:
    settings.USER_PASSWORD_MAX_DAYS = site
    bob.group = UserGroup(organisation=bob.organisation, active=is_active, password_max_days=group)
    bob.password_max_days, bob.password_updated = own, timezone.now()
    assert expires_at(bob) == (days and bob.password_updated + timedelta(days=days))


@pytest.mark.django_db
def test_an_old_password_expires_and_a_new_one_does_not_at_once(bob: User, settings: Settings) -> None:
    settings.USER_PASSWORD_MAX_DAYS = 1
    bob.password_updated = timezone.now() - timedelta(days=1)
    assert is_expired(bob)
    services.set_password(user=bob, password="new words", actor=bob)
    assert not is_expired(bob)


@pytest.mark.django_db
def test_what_nobody_dated_is_as_old_as_the_account_and_no_password_is_never_old(bob: User, settings: Settings) -> None:
    settings.USER_PASSWORD_MAX_DAYS = 5
    assert expires_at(bob) == bob.created_at + timedelta(days=5)
    bob.set_unusable_password()
    assert expires_at(bob) is None
    assert expires_at(User(email="external@example.com", id=None)) is None


@pytest.mark.django_db
def test_a_new_user_takes_a_password_of_their_own_once(alice: User, settings: Settings) -> None:
    settings.FORCE_FIRST_LOGIN_PW_RESET = True
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    user = User(email="e@example.com", organisation=alice.organisation, user_permissions={"apis": "read"})
    services.create_user(user=user)
    assert user.must_change_password
    services.set_password(user=user, password="from alice", actor=alice)
    assert user.must_change_password, "it is still not their own"
    services.set_password(user=user, password="their own", actor=user)
    assert not user.must_change_password, "and never a loop"
    user.last_login = timezone.now()
    user.save()
    services.set_password(user=user, password="from alice again", actor=alice)
    assert not user.must_change_password, "they have been in before"


@pytest.mark.django_db
def test_a_password_of_one_s_own_ends_what_was_asked_for(alice: User, bob: User) -> None:
    founder = services.allow_reset_passwords(user=alice, allowed=True)
    User.objects.filter(pk=bob.pk).update(must_change_password=True)
    for number, (actor, is_asked) in enumerate([(founder, True), (None, True), (bob, False), (founder, False)]):
        services.set_password(user=bob, password=f"new words {number}", actor=actor)
        assert User.objects.get(pk=bob.pk).must_change_password is is_asked


@pytest.mark.django_db
def test_a_password_by_a_link_is_one_s_own(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(must_change_password=True)
    reset_password(code=reset_code(bob), password="new words")
    assert not User.objects.get(pk=bob.pk).must_change_password


@pytest.mark.django_db
def test_passwords_are_hashed_with_argon2(settings: Settings, organisation_a: Any) -> None:
    from config import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    user = User(email="e@example.com", organisation=organisation_a)
    services.create_user(user=user, password="secret words")
    assert User.objects.get(pk=user.pk).password.startswith("argon2$argon2id$")


@pytest.mark.django_db
def test_a_new_password_ends_every_session(browser_of: Callable[[User], Client], bob: User) -> None:
    first, second = browser_of(bob), browser_of(bob)
    services.set_password(user=User.objects.get(pk=bob.pk), password="new words")
    assert [client.get("/users/").status_code for client in (first, second)] == [302, 302]


@pytest.mark.django_db
def test_other_accounts_of_the_same_person_keep_their_password(
    settings: Settings, bob: User, organisation_b: Any
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = True
    other = UserFactory(email=bob.email, organisation=organisation_b)
    other.set_password(PASSWORD)
    other.save()
    services.set_password(user=bob, password="new words")
    assert User.objects.get(pk=other.pk).check_password(PASSWORD)
