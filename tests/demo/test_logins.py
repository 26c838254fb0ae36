from __future__ import annotations

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.demo import logins
from apps.demo.traffic import ORGANISATION
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "logins.json"


def passwords(file: Path) -> dict[str, str]:
    return {login.email: password for login, password in logins.make(file)}


def test_it_makes_a_super_user_and_an_analyst_who_can_log_in(file: Path) -> None:
    made = passwords(file)
    admin, analyst = User.objects.get(email="admin@weir.example"), User.objects.get(email="analyst@demo.example")
    assert (admin.is_super_user, admin.is_staff, admin.is_admin) == (True, True, True)
    assert (analyst.organisation_id, analyst.is_staff) == (ORGANISATION, False)
    assert analyst.allows("analytics")
    assert analyst.allows("log")
    assert not analyst.allows("users")
    assert not analyst.allows("apis")
    for user in (admin, analyst):
        assert len(made[user.email]) >= 16
        assert user.check_password(made[user.email])
    assert made[admin.email] != made[analyst.email]


def test_it_gives_the_same_passwords_again(file: Path) -> None:
    first = passwords(file)
    assert passwords(file) == first
    assert User.objects.count() == 2
    assert Organisation.objects.count() == 1


def test_it_keeps_passwords_where_only_the_owner_reads_them(file: Path) -> None:
    made = passwords(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == made
    assert list(file.parent.iterdir()) == [file]


def test_it_gives_the_kept_passwords_to_accounts_of_a_new_database(file: Path) -> None:
    first = passwords(file)
    User.objects.all().delete()
    assert passwords(file) == first
    assert User.objects.get(email="analyst@demo.example").check_password(first["analyst@demo.example"])


def test_it_gives_new_passwords_when_the_file_is_gone(file: Path) -> None:
    first = passwords(file)
    file.unlink()
    second = passwords(file)
    assert not first.items() & second.items()
    assert User.objects.get(email="admin@weir.example").check_password(second["admin@weir.example"])


def test_it_leaves_a_password_that_somebody_changed(file: Path) -> None:
    passwords(file)
    analyst = User.objects.get(email="analyst@demo.example")
    services.set_password(user=analyst, password="my own choice")
    assert passwords(file)["analyst@demo.example"] == ""
    assert User.objects.get(pk=analyst.pk).check_password("my own choice")


def test_it_prints_a_line_for_each_log_in(file: Path) -> None:
    out = StringIO()
    call_command("demo", logins=file, stdout=out)
    heading, *lines = out.getvalue().splitlines()
    assert heading.split() == ["ROLE", "E-MAIL", "PASSWORD"]
    kept = json.loads(file.read_text())
    assert [line.split()[-2:] for line in lines] == [list(pair) for pair in kept.items()]


def test_it_explains_a_file_that_it_cannot_use(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("no JSON")
    with pytest.raises(CommandError, match="cannot be used to keep the passwords"):
        call_command("demo", logins=file, stdout=StringIO())
    assert not User.objects.exists()
