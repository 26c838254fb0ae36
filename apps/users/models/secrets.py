"""What is kept of secrets: digests, never the secrets."""

from __future__ import annotations

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from apps.users.models.accounts import User


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

        It is part of the transaction of what the key is used for: a write that is refused leaves no time, and of
        several writes at once one notes it while the others do not wait for that.
        """
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > self.LAST_USED_PRECISION:
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
