"""The demo organisation and its two log-ins, whose passwords are kept in a file only its owner may read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from apps.demo.traffic import ORGANISATION
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User

PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in of the demo. Without permissions it is an administrator's."""

    role: str
    email: str
    first_name: str
    last_name: str
    super_user: bool = False
    permissions: tuple[tuple[str, str], ...] = ()


LOGINS = (
    Login("super user (staff)", "admin@weir.example", "Ada", "Admin", super_user=True),
    Login("analyst", "analyst@demo.example", "Ana", "Lyst", permissions=(("analytics", "read"), ("log", "read"))),
)


def demo_organisation() -> Organisation:
    """The demo organisation, made if it is not there."""
    named = {"owner_name": "Demo shop", "owner_slug": "demo"}
    return Organisation.objects.get_or_create(id=ORGANISATION, defaults=named)[0]


@transaction.atomic
def make(file: Path) -> list[tuple[Login, str]]:
    """Make the organisation and the log-ins; give each with its password, "" if somebody changed it.

    Passwords are made once and kept in ``file``: a second call gives the same ones. An account
    whose password is in no file gets a new one, for nobody can know the old.
    """
    kept = _kept(file)
    passwords = {login.email: kept.get(login.email) or secrets.token_urlsafe(PASSWORD_BYTES) for login in LOGINS}
    # Written before the accounts are: a password that is set can always be read.
    _keep(file, passwords)
    organisation = demo_organisation()
    return [(login, _ensure(login, organisation, passwords[login.email], login.email in kept)) for login in LOGINS]


def _ensure(login: Login, organisation: Organisation, password: str, known: bool) -> str:
    """Make or find the account; its password, or "" when it is not the one that was kept."""
    if user := User.objects.filter(email=login.email).first():
        if not known:
            services.set_password(user=user, password=password)
        return password if user.check_password(password) else ""
    services.create_user(
        email=login.email,
        organisation=None if login.super_user else organisation,
        password=password,
        first_name=login.first_name,
        last_name=login.last_name,
        user_permissions=dict(login.permissions),
        is_staff=login.super_user,
    )
    return password


def _kept(file: Path) -> dict[str, str]:
    """Passwords by e-mail address, none if there is no file."""
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def _keep(file: Path, passwords: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(passwords, out, indent=2)
        out.write("\n")
    fresh.replace(file)
