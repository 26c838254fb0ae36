"""Sets of users."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.users.models import User


def access_key_digest(key: str) -> str:
    """Give the SHA-256 of an access key in hex: keys are 128 random bits, so neither salt nor slowness is due."""
    return hashlib.sha256(key.encode()).hexdigest()


class UserQuerySet(TenantQuerySet["User"]):
    """Users of an organisation; super users, who have none, are seen by super users only."""

    def active(self) -> Self:
        """Keep the users who may come in."""
        return self.filter(is_active=True)

    def administrators(self) -> Self:
        """Keep the users whose permissions make them administrators (``permissions.is_admin``, in SQL)."""
        return self.filter(models.Q(user_permissions={}) | models.Q(user_permissions__IsAdmin__in=["admin", "true"]))

    def with_access_key(self, key: str) -> User | None:
        """Find the active user who has this access key, and note that it was used.

        The look-up is by digest, so its time tells nothing about any key.
        """
        user = self.active().select_related("access_key").filter(access_key__digest=access_key_digest(key)).first()
        if user:
            user.access_key.note_use()
        return user


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What Django's own log-in and ``createsuperuser`` ask of a manager."""

    def get_by_natural_key(self, email: str | None) -> User:
        """Find a user by e-mail address, whatever its case."""
        user: User = self.get(email=(email or "").strip().lower())
        return user

    def create_superuser(self, email: str, password: str | None = None) -> User:
        """Make a super user of the staff; the door of ``manage.py createsuperuser``."""
        user: User = self.model(email=email.strip().lower(), is_staff=True)
        user.set_password(password)
        user.save(using=self._db)
        return user
