"""Settings of single sign-on that cannot work, told at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.users.permissions import PERSONAL


def check_defaults(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Refuse default permissions that only a person can be given."""
    found: list[CheckMessage] = []
    for name in settings.SSO_PERMISSION_DEFAULTS:
        if name in PERSONAL:
            hint = "SSO_DEFAULT_ADMIN=true makes administrators of those who arrive without group."
            found.append(Error(f"SSO_PERMISSION_DEFAULTS cannot give {name}.", hint=hint, id="sso.E001"))
    return found
