"""Sets of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.base_user import BaseUserManager

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.users.models import User


class UserQuerySet(TenantQuerySet["User"]):
    """Users of an organisation; super users, who have none, are seen by super users only."""

    def active(self) -> Self:
        """Keep the users who may come in."""
        return self.filter(is_active=True)

    def with_access_key(self, digest: str) -> User | None:
        """Find the active user with the access key of this digest, and note that it was used."""
        user = self.active().select_related("access_key").filter(access_key__digest=digest).first()
        if user:
            user.access_key.note_use()
        return user


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What Django's own log-in and ``createsuperuser`` ask of a manager."""

    def get_by_natural_key(self, email: str | None) -> User:
        """Find a user by e-mail address, whatever its case."""
        return self.get(email=(email or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None) -> User:
        """Make a super user of the staff; the door of ``manage.py createsuperuser``."""
        user = self.model(email=email.strip().lower(), is_staff=True)
        user.set_password(password)
        user.save(using=self._db)
        return user
