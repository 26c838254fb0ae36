"""What people and programs prove who they are with: access keys, passwords of before, second factors.

What is secret is kept as a digest, or encrypted where it must be read again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.utils import timezone

from apps.core.encryption import DecryptionError, decrypt, encrypt
from apps.users.models.accounts import User
from apps.users.querysets import RecoveryCodeQuerySet, TwoFactorQuerySet
from apps.users.totp import matching_step

logger = logging.getLogger(__name__)


class AccessKey(models.Model):
    """The secret of a user's REST calls. Only its digest is kept, so it is shown once, when it is made."""

    LAST_USED_PRECISION = timedelta(minutes=1)

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="access_key")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"Access key of {self.user_id}"

    def record_use(self) -> None:
        """Write the time of use, at most once a minute, so that a read stays a read.

        It comes after the transaction of what the key is used for: a write that is refused leaves no time, and nobody
        who takes the key away waits for one who uses it, while that one waits for them.
        """
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > self.LAST_USED_PRECISION:
            transaction.on_commit(lambda: self._write_use(now), robust=True)

    def _write_use(self, now: datetime) -> None:
        """Write the time of use; of several at once one does, while the others do not wait for that."""
        with transaction.atomic():
            free = AccessKey.objects.select_for_update(skip_locked=True).filter(pk=self.pk)
            AccessKey.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(last_used_at=now)


class OldPassword(models.Model):
    """The hash of a password that a user had, so that it is not taken again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="old_passwords")
    password = models.CharField(max_length=128, editable=False)
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["-replaced_at", "-id"]

    def __str__(self) -> str:
        return f"Password of {self.user_id} until {self.replaced_at:%Y-%m-%d}"


class TwoFactor(models.Model):
    """The device of a user who logs in with a second factor, once a code has confirmed it. Its seed is encrypted."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="two_factor")
    sealed_seed = models.TextField(editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    confirmed_at = models.DateTimeField()

    objects = TwoFactorQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Second factor of {self.user_id}"

    @classmethod
    def from_seed(cls, user: User, seed: str, step: int) -> Self:
        """Make a user's device from its seed and the step of the code that confirms it; it is not written yet."""
        return cls(user=user, sealed_seed=encrypt(seed), last_step=step, confirmed_at=timezone.now())

    def verify(self, code: str) -> bool:
        """Use a code of the device up; tell whether it was right and new.

        A seed that cannot be read any more takes no code; the recovery codes still work.
        """
        try:
            step = matching_step(decrypt(self.sealed_seed), code)
        except DecryptionError:
            logger.exception("The second factor of %s was encrypted with another SECRET_KEY", self.user_id)
            return False
        return step is not None and TwoFactor.objects.consume(self.user_id, step)


class RecoveryCode(models.Model):
    """A code that stands in for the device, once. Only its digest is kept; a used one is deleted."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True, editable=False)

    objects = RecoveryCodeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Recovery code of {self.user_id}"
