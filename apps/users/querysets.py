"""Sets of users."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.db import connections, models

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import TenantQuerySet
from apps.users.totp import RECOVERY_CODE_COUNT, new_recovery_code, recovery_code_digest

if TYPE_CHECKING:
    from apps.users.models import RecoveryCode, TwoFactor, User, UserGroup  # noqa: F401


def access_key_digest(key: str) -> str:
    """Give the SHA-256 of an access key in hex: keys are 128 random bits, so neither salt nor slowness is due."""
    return hashlib.sha256(key.encode()).hexdigest()


class GroupElsewhere(ApplicationError):
    """The group is not one of the user's organisation."""

    status = 400
    message = "Group ID does not exist"


class UserQuerySet(TenantQuerySet["User"]):
    """Users of an organisation; super users, who have none, are seen by super users only."""

    api_lookup = None

    def active(self) -> Self:
        """Keep the users who may come in."""
        return self.filter(is_active=True)

    def with_related(self) -> Self:
        """Fetch with each user what every request asks of them: group, organisation, second factor."""
        return self.select_related("group", "organisation", "two_factor")

    def administrators(self) -> Self:
        """Keep the users whose permissions make them administrators (``permissions.is_admin``, in SQL)."""
        says_nothing = models.Q(user_permissions={}, group=None)
        return self.filter(says_nothing | models.Q(user_permissions__IsAdmin__in=["admin", "true"]))

    def administering(self, organisation_id: str) -> Self:
        """Keep the users who can manage all others of an organisation (``User.administers_organisation``, in SQL)."""
        here = self.active().filter(organisation=organisation_id)
        return here.administrators().exclude(user_permissions__contains={"users": "deny"})

    def lock_administrators(self, organisation_id: str) -> None:
        """Let nobody else take an administrator of an organisation away until the transaction ends."""
        self._lock(f"administrators {organisation_id}")

    def with_email(self, email: str) -> Self:
        """Keep the accounts with an e-mail address, whatever its case: one in each organisation at most."""
        return self.filter(email=email.strip().lower())

    def search_email(self, text: str) -> Self:
        """Keep the accounts whose e-mail address has a text in it, whatever its case."""
        return self.filter(email__contains=text.strip().lower().replace("\0", ""))

    def search(self, text: str) -> Self:
        """Keep the accounts that a person searching for a name or an e-mail address may mean."""
        words = text.replace("\0", "").split()
        matches = (
            models.Q(email__contains=word.lower())
            | models.Q(first_name__icontains=word)
            | models.Q(last_name__icontains=word)
            for word in words
        )
        return self.filter(*matches)

    def with_same_email(self, user: User) -> Self:
        """Keep the other accounts that stand in the way of a user's e-mail address.

        It is unique in its organisation, with ``ENABLE_MULTI_ORG_USERS``; everywhere without.
        """
        others = self.with_email(user.email).exclude(pk=user.pk)
        return others.filter(organisation=user.organisation_id) if settings.ENABLE_MULTI_ORG_USERS else others

    def lock_email(self, email: str) -> None:
        """Let nobody else take an e-mail address until the transaction ends: no constraint spans organisations."""
        self._lock(f"e-mail {email}")

    def _lock(self, name: str) -> None:
        with connections[self.db].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])

    def with_access_key(self, key: str) -> User | None:
        """Find the active user who has this access key, and note that it was used.

        The look-up is by digest, so its time tells nothing about any key.
        """
        users = self.active().select_related("access_key", "group").filter(access_key__digest=access_key_digest(key))
        user = users.first()
        if user:
            user.access_key.record_use()
        return user


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What Django's own log-in and ``createsuperuser`` ask of a manager."""

    def get_by_natural_key(self, email: str | None) -> User:
        """Find the super user with an e-mail address, whatever its case: ``manage.py`` commands ask for those."""
        user: User = self.get(email=(email or "").strip().lower(), organisation=None)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> User:
        """Make a super user of the staff; the door of ``manage.py createsuperuser``."""
        user: User = self.model(email=email.strip().lower(), is_staff=True)
        user.set_password(password)
        user.save(using=self._db)
        return user


class UserGroupQuerySet(TenantQuerySet["UserGroup"]):
    """User groups of an organisation."""

    api_lookup = None

    def with_member_count(self) -> Self:
        """Count the users of each: ``member_count``."""
        return self.annotate(member_count=models.Count("members"))

    def search(self, text: str) -> Self:
        """Keep the groups with a text in their name or description."""
        text = text.strip().replace("\0", "")
        return self.filter(models.Q(name__icontains=text) | models.Q(description__icontains=text))


class TwoFactorQuerySet(models.QuerySet["TwoFactor"]):
    """Devices of second factors."""

    def consume(self, user_id: str, step: int) -> bool:
        """Use the code of a time step up; tell whether neither it nor a later one was used before (RFC 6238, 5.2).

        It is one statement, so of two that come at once one wins.
        """
        return self.filter(user=user_id, last_step__lt=step).update(last_step=step) == 1


class RecoveryCodeQuerySet(models.QuerySet["RecoveryCode"]):
    """Recovery codes of second factors."""

    def renew(self, user: User) -> list[str]:
        """Give a user new codes, in plain text here and never again; the old ones are gone."""
        codes = [new_recovery_code() for _ in range(RECOVERY_CODE_COUNT)]
        self.filter(user=user).delete()
        self.bulk_create(self.model(user=user, digest=recovery_code_digest(code)) for code in codes)
        return codes

    def consume(self, user: User, code: str) -> bool:
        """Use a code up; tell whether it was there. Of two that come at once one wins."""
        deleted, _ = self.filter(user=user, digest=recovery_code_digest(code)).delete()
        return deleted == 1
