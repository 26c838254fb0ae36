"""Passwords: set."""

from __future__ import annotations

from django.utils import timezone

from apps.users.models import User
from apps.users.services.rights import refuse_beyond


def set_password(*, user: User, password: str, by: User | None = None) -> User:
    """Give an account a new password; sessions opened with the old one end. Raises ``NotTheirs``."""
    refuse_beyond(by, user)
    user.set_password(password)
    user.password_updated = timezone.now()
    user.save(update_fields=["password", "password_updated"])
    return user
