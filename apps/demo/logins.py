"""The demo's log-ins, one for each role, whose passwords are kept in a file only its owner may read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from apps.demo import shop
from apps.demo.shop import AUDITORS, CHECKOUT, Team
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from apps.users.password_policy import password_problems
from apps.users.permissions import ADMIN, IS_ADMIN

PASSWORD_BYTES = 12
MOST_CANDIDATES = 1_000


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in of the demo: of an administrator, or with permissions of its own, or with those of a group."""

    role: str
    email: str
    first_name: str
    last_name: str
    permissions: tuple[tuple[str, str], ...] = ()
    group: Team | None = None
    super_user: bool = False
    is_staff: bool = False


SUPER_USER = Login("super user (staff)", "admin@weir.example", "Ada", "Admin", super_user=True, is_staff=True)
ADMINISTRATOR = Login(
    "administrator (staff)", "owner@demo.example", "Olive", "Owner", permissions=((IS_ADMIN, ADMIN),), is_staff=True
)
ANALYST = Login("analyst", "analyst@demo.example", "Ana", "Lyst", permissions=(("analytics", "read"), ("log", "read")))
MEMBER = Login("checkout team", "checkout@demo.example", "Chuck", "Out", group=CHECKOUT)
AUDITOR = Login("auditor", "auditor@demo.example", "Audrey", "Tor", group=AUDITORS)

LOGINS = (SUPER_USER, ADMINISTRATOR, ANALYST, MEMBER, AUDITOR)


@transaction.atomic
def make(file: Path) -> list[tuple[Login, str]]:
    """Make the organisation, its groups, log-ins and APIs; give each log-in's password, "" if somebody changed it.

    Passwords are made once and kept in ``file``: a second call gives the same ones. An account
    whose password is in no file gets a new one, for nobody can know the old. What is there stays as it is.
    """
    kept = _kept(file)
    passwords = {login.email: kept.get(login.email) or _new_password() for login in LOGINS}
    # Written before the accounts are: a password that is set can always be read.
    _keep(file, passwords)
    organisation = shop.organisation()
    made = [(login, _ensure(login, organisation, passwords[login.email], login.email in kept)) for login in LOGINS]
    shop.register_apis(organisation, analysts=User.objects.with_email(ANALYST.email).filter(organisation=organisation))
    return made


def _ensure(login: Login, organisation: Organisation, password: str, known: bool) -> str:
    """Make or find the account; its password, or "" when it is not the one that was kept."""
    if user := User.objects.with_email(login.email).first():
        if not known:
            services.set_password(user=user, password=password, actor=user)
        return password if user.check_password(password) else ""
    services.create_user(
        user=User(
            email=login.email,
            organisation=None if login.super_user else organisation,
            first_name=login.first_name,
            last_name=login.last_name,
            user_permissions=dict(login.permissions),
            group=shop.group(login.group, organisation) if login.group else None,
            is_staff=login.is_staff,
        ),
        password=password,
    )
    return password


def _new_password() -> str:
    """Give a password that the rules of the installation, if there are any, find good."""
    candidates = (secrets.token_urlsafe(PASSWORD_BYTES) for _ in range(MOST_CANDIDATES))
    return next((candidate for candidate in candidates if not password_problems(candidate)), secrets.token_urlsafe())


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
