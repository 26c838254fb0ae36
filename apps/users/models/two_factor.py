"""Second factors: a device that makes codes, and the codes for the day it is lost."""

from __future__ import annotations

import logging
from typing import Self

from django.db import models
from django.utils import timezone

from apps.core.encryption import DecryptionError, decrypt, encrypt
from apps.users.models.accounts import User
from apps.users.querysets import RecoveryCodeQuerySet, TwoFactorQuerySet
from apps.users.totp import matching_step

logger = logging.getLogger(__name__)


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
