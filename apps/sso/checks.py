"""Settings of single sign-on that cannot work, told at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.users.permissions import DENY, PERSONAL, RANKS


def check_defaults(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Refuse default permissions of an unknown level, and those that only a person can be given."""
    found: list[CheckMessage] = []
    for name, level in settings.SSO_PERMISSION_DEFAULTS.items():
        if name in PERSONAL:
            hint = "SSO_DEFAULT_ADMIN=true makes administrators of those who arrive without group."
            found.append(Error(f"SSO_PERMISSION_DEFAULTS cannot give {name}.", hint=hint, id="sso.E001"))
        elif level not in {*RANKS, DENY}:
            hint = "Levels are read, write, admin and deny."
            found.append(Error(f"SSO_PERMISSION_DEFAULTS: {name} has no level {level!r}.", hint=hint, id="sso.E002"))
    return found
