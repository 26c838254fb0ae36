"""Settings of accounts that cannot work, told at start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution

from apps.users.password_policy import PasswordPolicy

AT_LEAST_NOTHING = (
    "PASSWORD_MIN_LENGTH",
    "PASSWORD_MIN_NUMERIC",
    "PASSWORD_MIN_SPECIAL",
    "USER_PASSWORD_MAX_DAYS",
    "ENFORCE_PASSWORD_HISTORY",
    "LOGIN_FAILURE_USERNAME_LIMIT",
    "LOGIN_FAILURE_IP_LIMIT",
)


def check_settings(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Run every check of this module."""
    return [*_numbers(), *_rules_file(), *_links()]


def _numbers() -> Iterator[CheckMessage]:
    for name in AT_LEAST_NOTHING:
        if (value := getattr(settings, name)) < 0:
            yield Error(f"{name} is {value}.", hint="Give a whole number from 0.", id="users.E001")


def _rules_file() -> Iterator[CheckMessage]:
    path = settings.PASSWORD_RULES_FILE
    try:
        if path:
            PasswordPolicy.from_file(path)
    except (OSError, TypeError, ValueError) as error:
        hint = "Give the path of a password.json, or leave the variable out."
        yield Error(f"PASSWORD_RULES_FILE names no file of password rules: {error}.", hint=hint, id="users.E002")


def _links() -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS and not settings.PUBLIC_URL:
        hint = "Give PUBLIC_URL, or the host names in ALLOWED_HOSTS."
        yield Caution("No link to a new password can be mailed: any host is allowed.", hint=hint, id="users.W001")
