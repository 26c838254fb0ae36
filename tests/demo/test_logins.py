from __future__ import annotations

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.demo import demo_apis, logins
from apps.demo.traffic import ORGANISATION
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.password_policy import password_problems

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "logins.json"


def passwords(file: Path) -> dict[str, str]:
    return {login.email: password for login, password in logins.make(file)}


def account(email: str) -> User:
    return User.objects.get(email=email)


def test_it_makes_a_login_for_each_role(file: Path) -> None:
    made = passwords(file)
    admin, owner = account("admin@weir.example"), account("owner@demo.example")
    analyst, member, auditor = (account(f"{name}@demo.example") for name in ("analyst", "checkout", "auditor"))
    assert (admin.is_super_user, admin.is_staff, admin.is_admin) == (True, True, True)
    assert (owner.organisation_id, owner.is_staff, owner.is_admin) == (ORGANISATION, True, True)
    assert (analyst.organisation_id, analyst.is_staff) == (ORGANISATION, False)
    assert analyst.permissions == {"analytics": "read", "log": "read"}
    assert member.permissions == {"apis": "write", "analytics": "read", "owned_analytics": "read", "log": "read"}
    assert auditor.permissions == {"audit_logs": "read"}
    assert {user.group.name for user in (member, auditor) if user.group} == {"Checkout team", "Auditors"}
    everybody = (admin, owner, analyst, member, auditor)
    assert {user.email for user in everybody} == set(made)
    for user in everybody:
        assert len(made[user.email]) >= 16
        assert user.check_password(made[user.email])
    assert len(set(made.values())) == len(made)


def test_it_registers_the_apis_of_the_traffic(file: Path) -> None:
    passwords(file)
    registered = Api.objects.filter(organisation=ORGANISATION)
    assert {api.api_id: api.name for api in registered} == {api.api_id: api.name for api in demo_apis.APIS}


def test_ownership_shows(file: Path, settings: Settings) -> None:
    settings.ENABLE_OWNERSHIP = True
    passwords(file)

    def seen_by(email: str) -> set[str]:
        return set(Api.objects.visible_to(account(email)).values_list("name", flat=True))

    everything = {api.name for api in demo_apis.APIS}
    for email in ("admin@weir.example", "owner@demo.example", "analyst@demo.example"):
        assert seen_by(email) == everything
    assert seen_by("checkout@demo.example") == everything - {"Catalogue", "Search"}
    assert Api.objects.get(name="Payments").owner_ids() == {
        "userIds": [account("analyst@demo.example").pk],
        "userGroupIds": [UserGroup.objects.get(name="Checkout team").pk],
    }


def test_it_adds_what_is_new_to_an_installation_of_before(file: Path) -> None:
    organisation = Organisation.objects.create(id=ORGANISATION, owner_name="Renamed")
    old = {"admin@weir.example": "password of admin", "analyst@demo.example": "password of analyst"}
    file.parent.mkdir()
    file.write_text(json.dumps(old))
    for email, home in zip(old, (None, organisation), strict=True):
        services.create_user(user=User(email=email, organisation=home, first_name="Kept"), password=old[email])
    made = passwords(file)
    assert old.items() < made.items()
    assert json.loads(file.read_text()) == made
    assert all(account(email).check_password(password) for email, password in made.items())
    assert {account(email).first_name for email in old} == {"Kept"}
    assert Organisation.objects.get().owner_name == "Renamed"
    assert account("analyst@demo.example").pk in Api.objects.get(name="Search").owner_ids()["userIds"]


def test_it_leaves_what_people_changed(file: Path) -> None:
    passwords(file)
    UserGroup.objects.filter(name="Checkout team").update(name="Till team", user_permissions={"keys": "read"})
    Api.objects.filter(name="Orders").update(name="Purchases")
    set_owners(api=Api.objects.get(name="Payments"))
    account("auditor@demo.example").delete()
    passwords(file)
    assert set(UserGroup.objects.values_list("name", flat=True)) == {"Till team", "Auditors"}
    assert account("checkout@demo.example").permissions == {"keys": "read"}
    assert account("auditor@demo.example").permissions == {"audit_logs": "read"}
    assert Api.objects.filter(name="Purchases").exists()
    assert Api.objects.count() == len(demo_apis.APIS)
    assert Api.objects.get(name="Payments").owner_ids() == {"userIds": [], "userGroupIds": []}


def test_its_passwords_keep_the_rules_of_the_installation(file: Path, settings: Settings) -> None:
    settings.PASSWORD_MIN_NUMERIC = settings.PASSWORD_MIN_SPECIAL = 2
    settings.PASSWORD_MULTI_CASE = True
    for password in passwords(file).values():
        assert not password_problems(password)


def test_it_gives_the_same_passwords_again(file: Path) -> None:
    first = passwords(file)
    assert passwords(file) == first
    assert User.objects.count() == len(first)
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


def test_it_prints_a_line_for_each_login(file: Path) -> None:
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
