"""Commands that change accounts leave an audit record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users.management.commands import changepassword
from apps.users.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Type = Callable[..., None]


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type passwords, one after the other."""

    def type_them(*passwords: str) -> None:
        words = iter(passwords)
        monkeypatch.setattr(changepassword, "getpass", lambda *_, **__: next(words))

    return type_them


def recorded() -> list[tuple[str, str, str]]:
    return list(AuditRecord.objects.values_list("user", "action", "subject"))


def test_no_command_about_accounts_is_django_s_own() -> None:
    assert {get_commands()[name] for name in ("createsuperuser", "changepassword")} == {"apps.users"}
    assert get_commands()["loaddata"] == "apps.audit"


def test_createsuperuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret words")
    call_command("createsuperuser", "--no-input", "--email", "Root@Example.com", verbosity=0)
    assert recorded() == [("system", "Create User", User.objects.get().pk)]
    assert "secret words" not in str(AuditRecord.objects.values())
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--no-input", "--email", "root@example.com", verbosity=0)
    assert AuditRecord.objects.count() == 1


def test_changepassword(bob: User, type_in: Type, settings: Settings) -> None:
    before = bob.session_generation
    type_in("one thing", "another", "short", "short", "secret words", "secret words")
    call_command("changepassword", "Bob@example.com")
    bob.refresh_from_db()
    assert bob.check_password("secret words")
    assert bob.session_generation == before + 1
    assert recorded() == [("system", "Reset Password", bob.pk)]


def test_changepassword_gives_up(bob: User, type_in: Type) -> None:
    type_in(*["no", "No"] * 3)
    with pytest.raises(CommandError, match="Aborting"):
        call_command("changepassword", bob.email)
    assert recorded() == []


def test_changepassword_of_one_of_several_accounts(bob: User, organisation_b: Organisation, type_in: Type) -> None:
    other = UserFactory(email=bob.email, organisation=organisation_b)
    with pytest.raises(CommandError, match=other.pk):
        call_command("changepassword", bob.email)
    with pytest.raises(CommandError, match="does not exist"):
        call_command("changepassword", "nobody@example.com")
    type_in("secret words", "secret words")
    call_command("changepassword", other.pk)
    assert recorded() == [("system", "Reset Password", other.pk)]


def test_loaddata(tmp_path: Path) -> None:
    fields = {"email": "mallory@example.com", "password": make_password("x"), "created_at": "2026-01-01T00:00:00Z"}
    fixture = tmp_path / "users.json"
    fixture.write_text(json.dumps([{"model": "users.user", "pk": "c" * 24, "fields": fields}]))
    call_command("loaddata", str(fixture), verbosity=0)
    assert User.objects.get().email == "mallory@example.com"
    assert recorded() == [("system", "Load Data", "loaddata")]
    assert "users.json" in AuditRecord.objects.get().diff
